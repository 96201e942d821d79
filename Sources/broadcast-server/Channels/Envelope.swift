/// The form in which members of plain text get what somebody says.
enum Envelope: String, CaseIterable, Sendable {
    /// `<name>: <text>`, further lines marked as such; binary messages pass unchanged.
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

    /// What stands before each further line of a text. No name begins with a space, so that none can be taken for the
    /// beginning of another message.
    var lineMark: String {
        switch self {
        case .text: "  | "
        case .none: ""
        }
    }
}
