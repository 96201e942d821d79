/// The names that the server gives, `Client 5` and `ann (2)`, and what could be taken for one.
enum ServerGivenName {
    /// Whether a name reads like one that the server gives: case, marks, spaces, signs and the style of letters and digits
    /// aside.
    static func isLike(_ text: String) -> Bool {
        isLikeClient(text) || endsInNumber(text)
    }

    /// Like that of a member without a name.
    private static func isLikeClient(_ text: String) -> Bool {
        let signs = text.unicodeScalars.compactMap(Sign.init)
        let client = "client"
        guard signs.count > client.count, zip(signs, client).allSatisfy({ areAlike($0.text, $1) }) else { return false }
        return signs.dropFirst(client.count).allSatisfy { sign in
            sign.isNumber || areAlike(sign.text, "0") || areAlike(sign.text, "1")
        }
    }

    /// A letter or a digit.
    private struct Sign {
        /// A small letter without marks; a digit as `0`, but for `1`.
        let text: Character
        let isNumber: Bool

        /// nil for anything else.
        init?(_ scalar: Unicode.Scalar) {
            let (name, properties) = (CharacterName(scalar), scalar.properties)
            isNumber = properties.numericType != nil
            if let plain = name.unstyled ?? name.latinBase, !plain.isNumber {
                text = plain
            } else if let value = properties.numericValue {
                text = value == 1 ? "1" : "0"
            } else if properties.isAlphabetic, properties.canonicalCombiningClass == .notReordered,
                let letter = properties.lowercaseMapping.first
            {
                text = letter
            } else {
                return nil
            }
        }
    }

    /// Those that most fonts show alike.
    private static func areAlike(_ one: Character, _ other: Character) -> Bool {
        one == other || ["i1l", "o0"].contains { $0.contains(one) && $0.contains(other) }
    }

    /// Like that of a member who was told apart by a number: it ends in one within brackets of whatever kind, signs aside.
    private static func endsInNumber(_ text: String) -> Bool {
        let scalars = text.unicodeScalars.filter { !$0.properties.isWhitespace && !isUnseen($0) }
        guard let last = scalars.lastIndex(where: isLetterOrNumber), isNumber(scalars[last]) else { return false }
        if CharacterName(scalars[last]).isNumberInParentheses { return true }
        guard let before = scalars[..<last].lastIndex(where: { !isNumber($0) }) else { return false }
        let behind = scalars.index(after: last)
        return isBracket(scalars[before]) && behind < scalars.endIndex && isBracket(scalars[behind])
    }

    private static func isNumber(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType != nil }

    private static func isLetterOrNumber(_ scalar: Unicode.Scalar) -> Bool {
        isNumber(scalar) || scalar.properties.isAlphabetic
    }

    /// Whether it only changes what stands before it, as what makes a key of a digit.
    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: true
        default: false
        }
    }

    private static func isBracket(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation: true
        // Such as `<`, which is a sign of mathematics.
        default: scalar.properties.isBidiMirrored
        }
    }
}
