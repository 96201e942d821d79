import LWSSwift

/// The form in which members of plain text get what somebody says.
enum Envelope: String, CaseIterable, Sendable {
    /// `<name>: <text>`; binary messages pass unchanged.
    case text
    /// As it came.
    case none

    /// A text of the sender with this name, `Client <id>` for one that has none.
    func put(_ text: WebSocketMessage, by name: String) -> BroadcastForm {
        switch self {
        case .text: BroadcastForm(text, prefix: Self.prefix(for: name))
        case .none: BroadcastForm(text)
        }
    }

    /// What stands before a text.
    static func prefix(for name: String) -> String {
        name + ": "
    }
}
