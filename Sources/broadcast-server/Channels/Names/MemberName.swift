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
        guard !text.unicodeScalars.contains(":"), PrintableText.isPrintable(text) else {
            throw Problem(.badName, "A name has letters, digits, punctuation, emoji and spaces, but no colon.")
        }
        guard !Self.isGivenByServer(text) else {
            throw Problem(.badName, "Names such as \"Client 5\" and \"ann (2)\" are given by the server.")
        }
        self.text = text
    }

    private static let hasBadLength = Problem(.badName, "A name has 1 to \(maximumCharacters) characters.")

    /// Whether it could be taken for the name of a member without one, or for one that was told apart by a number.
    private static func isGivenByServer(_ text: String) -> Bool {
        let folded = text.lowercased()
        if folded.hasPrefix("client"), isNumber(folded.dropFirst("client".count).drop { $0 == " " }) { return true }
        guard folded.hasSuffix(")"), let opening = folded.lastIndex(of: "(") else { return false }
        return isNumber(folded[folded.index(after: opening)...].dropLast())
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.allSatisfy(\.isNumber)
    }
}
