/// How a member is spoken to.
enum MemberForm: Int, CaseIterable, Sendable {
    /// Plain text over a WebSocket.
    case text
    /// Objects over a WebSocket.
    case json
    /// Objects over a WebSocket, for one that is not told who is there.
    case quietJSON
    /// Events that carry plain text.
    case textEvents
    case quietTextEvents
    /// Events that carry objects.
    case jsonEvents
    case quietJSONEvents

    /// Whether it is sent as events.
    var isEvents: Bool {
        switch self {
        case .text, .json, .quietJSON: false
        case .textEvents, .quietTextEvents, .jsonEvents, .quietJSONEvents: true
        }
    }

    /// Whether one is not told who is there, comes and goes.
    var isQuiet: Bool { self != .text && self == quiet }

    /// The same for one that is not told who is there, comes and goes.
    var quiet: MemberForm {
        switch self {
        case .text: .text
        case .json, .quietJSON: .quietJSON
        case .textEvents, .quietTextEvents: .quietTextEvents
        case .jsonEvents, .quietJSONEvents: .quietJSONEvents
        }
    }
}
