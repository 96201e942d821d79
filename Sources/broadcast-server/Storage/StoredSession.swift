/// What is kept of a session: who it is, and whether it may have its place again.
struct StoredSession: Sendable, Equatable {
    var member: ClientID
    /// Names it among the authors of the history.
    var tag: UInt32
    /// The name that it has, or had last, if it is one of its own.
    var name: String?
    /// When it lost its connection, in milliseconds since 1970-01-01 00:00 UTC; nil while it has one.
    var lost: Int64?
    /// Whether its place is kept, so that nobody was told that it has left.
    var hasPlace: Bool
}
