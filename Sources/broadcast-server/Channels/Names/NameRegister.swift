/// The names of the members of one channel: tells apart those who want the same.
struct NameRegister: Sendable {
    /// How many members may want one name; further ones get none.
    static let maximumAlike = 99

    private var holders: [String: ClientID] = [:]

    /// Gives `name` to a member, with a number when another one has it; nil when too many have. A member that has it already
    /// gets the same again, perhaps with other capitals.
    mutating func claim(_ name: MemberName, for member: ClientID) -> String? {
        let folded = PrintableText.folded(name.text)
        for number in 1...Self.maximumAlike {
            let suffix = number == 1 ? "" : " (\(number))"
            let holder = holders[folded + suffix]
            if holder == nil || holder == member {
                holders[folded + suffix] = member
                return name.text + suffix
            }
        }
        return nil
    }

    /// Who has this very name.
    func holder(of name: MemberName) -> ClientID? { holders[PrintableText.folded(name.text)] }

    /// Gives a member this very name, whoever has it: that one has to be given another.
    mutating func take(_ name: MemberName, for member: ClientID) -> String {
        holders[PrintableText.folded(name.text)] = member
        return name.text
    }

    /// Gives a member a name that it has had from ``claim(_:for:)`` before.
    mutating func restore(_ name: String, for member: ClientID) {
        holders[PrintableText.folded(name)] = member
    }

    /// Takes back a name that ``claim(_:for:)`` has given.
    mutating func release(_ name: String) {
        holders[PrintableText.folded(name)] = nil
    }

    /// Whether a name is what ``claim(_:for:)`` may give to who wants another.
    static func gives(_ name: String, for wanted: String) -> Bool {
        areAlike(name, wanted) || (2...maximumAlike).contains { areAlike(name, "\(wanted) (\($0))") }
    }

    /// Whether two names are one to the register.
    static func areAlike(_ one: String, _ other: String) -> Bool {
        PrintableText.folded(one) == PrintableText.folded(other)
    }
}
