/// The form in which members of plain text get what somebody says.
enum Envelope: String, CaseIterable, Sendable {
    /// `<name>: <text>`; binary messages pass unchanged.
    case text
    /// As it came.
    case none

    /// What stands before a text of the sender with this name, `Client <id>` for one that has none.
    func prefix(for name: String) -> String {
        switch self {
        case .text: name + ": "
        case .none: ""
        }
    }
}
