import LWSSwift

/// The form in which members of plain text get what somebody says.
enum Envelope: String, CaseIterable, Sendable {
    /// `<name>: <text>`; binary messages pass unchanged.
    case text
    /// As it came.
    case none

    /// The message for the others.
    ///
    /// - Parameter name: of the sender, `Client <id>` for one that has none.
    func wrap(_ message: WebSocketMessage, from name: String) -> WebSocketMessage {
        switch self {
        case .text: message.prefixed(by: "\(name): ")
        case .none: message
        }
    }
}
