/// What was revoked while the process runs, which a file need not have: it holds for every server of the process, whatever files
/// are read, until one is read that has been given it. May be used on any thread.
final class StandingRevocations: Sendable {
    private struct State: Sendable {
        /// Whether each is written down.
        var entries: [Revocations.Entry: Bool] = [:]
    }

    private let state = Monitor(State())

    var all: [Revocations.Entry] { state.withLock { Array($0.entries.keys) } }

    /// Those that are written down: a file that is read from now on has them, unless somebody has taken them out.
    var written: [Revocations.Entry] { state.withLock { $0.entries.filter(\.value).map(\.key) } }

    /// - Returns: false when there is no room for another one.
    func insert(_ entry: Revocations.Entry) -> Bool {
        state.withLock { state in
            guard state.entries[entry] == nil else { return true }
            guard state.entries.count < Revocations.maximumCount else { return false }
            state.entries[entry] = false
            return true
        }
    }

    func wasWritten(_ entry: Revocations.Entry) {
        state.withLock { state in
            if state.entries[entry] != nil { state.entries[entry] = true }
        }
    }

    /// The file says whether these hold.
    func forget(_ entries: [Revocations.Entry]) {
        state.withLock { state in
            for entry in entries { state.entries[entry] = nil }
        }
    }
}
