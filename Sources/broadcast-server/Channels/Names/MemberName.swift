/// A name that a member has chosen: fit to stand before its messages on any screen, and not one that the server gives.
///
/// The rules are those of docs/protocol.md.
struct MemberName: Hashable, Sendable {
    static let maximumCharacters = 32
    static let maximumBytes = 128

    let text: String

    /// - Parameter raw: as the client has sent it; spaces at its ends are dropped, runs of spaces become one.
    /// - Throws: a problem that says which rule was broken.
    init(_ raw: String) throws(Problem) {
        // Looked at first, so that a name of a megabyte costs no work.
        guard raw.utf8.count <= 4 * Self.maximumBytes else { throw Self.hasBadLength }
        // Scalars are looked at, here and below: with a mark behind it, a space or a colon is another character.
        let text = raw.unicodeScalars.split(separator: " ").map(String.init).joined(separator: " ")
        guard 1...Self.maximumCharacters ~= text.count, text.utf8.count <= Self.maximumBytes else {
            throw Self.hasBadLength
        }
        guard PrintableText.isPrintable(text), !text.unicodeScalars.contains(where: { CharacterName($0).isColon })
        else {
            throw Problem(.badName, "A name has letters, digits, punctuation, emoji and spaces, but no colon.")
        }
        guard Self.hasOneScript(text) else {
            throw Problem(.badName, "The letters of a name are of one script, such as Latin or Cyrillic.")
        }
        guard !ServerGivenName.isLike(text) else {
            throw Problem(.badName, "Names such as \"Client 5\" and \"ann (2)\" are given by the server.")
        }
        guard PrintableText.folded(text) != Self.reader else {
            throw Problem(.badName, "\"\(Self.reader)\" is what clients call who reads.")
        }
        self.text = text
    }

    /// What a client calls its own user.
    private static let reader = "you"
    private static let hasBadLength = Problem(.badName, "A name has 1 to \(maximumCharacters) characters.")

    /// Whether no letter can be taken for one of another script. Latin letters may go with the scripts of East Asia, which
    /// have none that are like them.
    private static func hasOneScript(_ text: String) -> Bool {
        let scripts = Set(text.unicodeScalars.compactMap { CharacterName($0).script })
        return scripts.count <= 1 || scripts == [CharacterName.latin, CharacterName.eastAsian]
    }
}
