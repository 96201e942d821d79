import Synchronization

/// The token of a client over all of its connections: which one the server was shown, and whether there is another one by
/// now.
final class ShownToken: Sendable {
    private struct State {
        /// What the server was shown last.
        var last: BearerToken?
        /// What it was shown when the connection began, or has taken since.
        var held: BearerToken?
    }

    let source: TokenSource?
    private let state: Mutex<State>

    /// - Throws: why there is none where one should be.
    init(_ source: TokenSource?) throws(Failure) {
        self.source = source
        let token = try source?.read()
        state = Mutex(State(last: token, held: token))
    }

    /// The token to show for another connection; nil for none. A file that cannot be read just now, since it is being
    /// replaced, leaves the one that there was.
    func forConnection() -> BearerToken? {
        let now = try? source?.read()
        return state.withLock { state in
            state.last = now ?? state.last
            state.held = state.last
            return state.last
        }
    }

    /// Another token than was shown last, if there is one by now: it counts as shown from now on.
    func takeNew() -> BearerToken? {
        guard let now = inFile else { return nil }
        return state.withLock { state in
            guard now != state.last else { return nil }
            state.last = now
            return now
        }
    }

    /// The server has taken what it was shown last.
    func noteTaken() {
        state.withLock { $0.held = $0.last }
    }

    /// Whether there is another token than the connection has. It may be one that can only begin another connection.
    var isAnother: Bool {
        guard let now = inFile else { return false }
        return state.withLock { $0.held != now }
    }

    /// nil when there is no file, and while there is no token in it.
    private var inFile: BearerToken? {
        guard case .file? = source else { return nil }
        return try? source?.read()
    }

    /// What a server that was shown it may repeat, and nobody is to see.
    var secrets: [String] { state.withLock { [$0.last, $0.held] }.compactMap { $0?.text } }
}
