import LWSSwift

/// The form in which the others get what a client says.
enum Envelope: String, CaseIterable, Sendable {
    /// `Client <id>: <text>`; binary messages pass unchanged.
    case text
    /// As it came.
    case none

    /// The message of `sender` for the others.
    func wrap(_ message: WebSocketMessage, from sender: ClientID) -> WebSocketMessage {
        switch self {
        case .text: message.prefixed(by: "Client \(sender): ")
        case .none: message
        }
    }
}
