import LWSSwift

/// What a client that comes wants to be sent of what was said before.
enum Recall: Sendable, Equatable {
    /// Nothing: it begins with what comes.
    case nothing
    /// Everything behind a position.
    case after(BroadcastGroup.Position)
    /// The latest messages, so many.
    case last(Int)
    /// What is kept: what it gave for a position is none.
    case malformed
    /// Something, but it may not have what was said before.
    case forbidden
}
