/// Finds another token for one connection, from when the server says that the one it knows expires.
actor TokenRenewal {
    /// How often a file is looked at.
    static let interval = Duration.seconds(1)

    private let token: ShownToken
    private var isLooking = false
    private var hasShown = false
    private let bell = Bell()

    init(_ token: ShownToken) {
        self.token = token
    }

    /// The token that the server knows expires.
    ///
    /// - Parameter time: left, in seconds.
    /// - Returns: what to tell of it.
    func begin(_ time: Int64) -> String {
        let what = "The token expires in \(max(time, 0)) s"
        guard case .file(let path)? = token.source else { return "\(what). Come back with another one before." }
        isLooking = true
        bell.ring()
        let file = EscapedText.escape(path)
        return token.isAnother
            ? "\(what): the one that is in \(file) now takes its place."
            : "\(what): another one in \(file) would take its place."
    }

    /// Waits for another token to show; nil when the task is cancelled.
    func next() async -> BearerToken? {
        while !Task.isCancelled {
            guard isLooking else {
                await bell.wait()
                continue
            }
            if let token = token.takeNew() {
                hasShown = true
                return token
            }
            try? await Task.sleep(for: Self.interval)
        }
        return nil
    }

    /// The server says what the client may do.
    ///
    /// - Returns: whether that is its answer to another token.
    func end() -> Bool {
        guard hasShown else { return false }
        (isLooking, hasShown) = (false, false)
        token.noteTaken()
        return true
    }
}
