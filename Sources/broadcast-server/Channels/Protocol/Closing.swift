/// That the server is about to end the connection, and when the client is to come back.
struct Closing: Sendable, Equatable, Codable {
    /// In how many milliseconds from now; the connection may end before.
    var after: Int

    init(after: Int) {
        self.after = after
    }

    init(after time: Duration) {
        after = Int((time / .milliseconds(1)).rounded(.up))
    }
}
