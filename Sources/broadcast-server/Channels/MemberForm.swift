/// How a member is spoken to.
enum MemberForm: Int, CaseIterable, Sendable {
    /// Plain text over a WebSocket.
    case text
    /// Objects over a WebSocket.
    case json
    /// Events that carry plain text.
    case textEvents
    /// Events that carry objects.
    case jsonEvents
}
