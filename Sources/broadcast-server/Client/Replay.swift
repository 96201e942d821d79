/// Follows what comes first on a connection that has asked for the past, to tell where the present begins: a `position`
/// stands there, also behind nothing (docs/protocol.md).
struct Replay: Sendable {
    private(set) var isUnderWay: Bool
    private var hasMessages = false

    /// - Parameter isAskedFor: whether the connection has asked for what was said before.
    init(isAskedFor: Bool) {
        isUnderWay = isAskedFor
    }

    /// Looks at an object; true when a replay with messages in it ends here.
    mutating func ends(with object: ServerObject) -> Bool {
        guard isUnderWay else { return false }
        switch object {
        case .message:
            hasMessages = true
        case .position:
            isUnderWay = false
            return hasMessages
        case .welcome, .gap, .error, .joined, .left, .renamed, .members, .ack, .history, .status, .rights, .expiring,
            .notice, .closing, .unknown:
            break
        }
        return false
    }
}
