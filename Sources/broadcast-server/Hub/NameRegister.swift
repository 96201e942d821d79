/// The names of the members of one channel: tells apart those who want the same.
struct NameRegister: Sendable {
    /// How many members may want one name; further ones get none.
    static let maximumAlike = 99

    /// Who has a name. The connections of one session share theirs.
    enum Holder: Hashable, Sendable {
        case session(SessionID)
        case member(ClientID)
    }

    private struct Claim: Sendable {
        let holder: Holder
        var count: Int
    }

    private var claims: [String: Claim] = [:]

    /// Gives `name` to somebody, with a number when another one has it; nil when too many have.
    mutating func claim(_ name: MemberName, for holder: Holder) -> String? {
        let folded = PrintableText.folded(name.text)
        for number in 1...Self.maximumAlike {
            let suffix = number == 1 ? "" : " (\(number))"
            let claim = claims[folded + suffix] ?? Claim(holder: holder, count: 0)
            if claim.holder == holder {
                claims[folded + suffix] = Claim(holder: holder, count: claim.count + 1)
                return name.text + suffix
            }
        }
        return nil
    }

    /// Takes back a name that ``claim(_:for:)`` has given.
    mutating func release(_ name: String) {
        let key = PrintableText.folded(name)
        guard let claim = claims[key] else { return }
        if claim.count > 1 {
            claims[key]?.count -= 1
        } else {
            claims[key] = nil
        }
    }
}
