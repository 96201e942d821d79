/// What the Unicode name of a character tells that the standard library has no property for: the script of a letter, and
/// which plain letter or digit a styled one stands for, which is what compatibility folding would make of it.
struct CharacterName {
    private let scalar: Unicode.Scalar
    private let words: [Substring]

    init(_ scalar: Unicode.Scalar) {
        self.scalar = scalar
        // That of ASCII need not be looked up.
        words = scalar.isASCII ? [] : (scalar.properties.name ?? "").split { $0 == " " || $0 == "-" }
    }

    // MARK: Scripts

    /// The scripts that texts of East Asia are written in together (UTS 39, "highly restrictive"), as one.
    static let eastAsian = "EAST ASIAN"
    static let latin = "LATIN"

    private static let eastAsianScripts: Set<Substring> = [
        "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HENTAIGANA", "BOPOMOFO", "HANGUL",
    ]

    /// Of a letter: the first word of its name, such as "CYRILLIC". nil for what is no letter, and for letters that several
    /// scripts share.
    var script: String? {
        if scalar.isASCII { return scalar.properties.isAlphabetic ? Self.latin : nil }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: break
        default: return nil
        }
        let isWidthOnly = words.first == "FULLWIDTH" || words.first == "HALFWIDTH"
        let first = words.dropFirst(isWidthOnly ? 1 : 0).first
        if scalar.properties.isIdeographic || first.map(Self.eastAsianScripts.contains) ?? false {
            return Self.eastAsian
        }
        return first == "MODIFIER" ? nil : String(first ?? "")
    }

    // MARK: Likeness

    /// What stands before the letter in the names of styled ones.
    private static let styles: Set<Substring> = [
        "FULLWIDTH", "MATHEMATICAL", "DOUBLE", "SCRIPT", "BLACK", "CIRCLED", "NEGATIVE", "SQUARED", "PARENTHESIZED",
        "SUPERSCRIPT", "SUBSCRIPT", "MODIFIER", "REGIONAL",
    ]
    private static let romanNumerals: [Double: Character] = [
        1: "i", 5: "v", 10: "x", 50: "l", 100: "c", 500: "d", 1_000: "m",
    ]

    /// The plain letter or digit that a styled one stands for, as in "𝓒" or "５"; nil when it is none.
    var unstyled: Character? {
        if words.contains("ROMAN"), let value = scalar.properties.numericValue { return Self.romanNumerals[value] }
        guard let first = words.first, Self.styles.contains(first) else { return nil }
        if let value = scalar.properties.numericValue {
            return 0...9 ~= value && value == value.rounded() ? Character("\(Int(value))") : nil
        }
        return words.last.flatMap(Self.letter)
    }

    /// The letter of a Latin one without what is added to it, as "c" of "ç"; nil when it is none.
    var latinBase: Character? {
        if scalar.isASCII { return scalar.properties.isAlphabetic ? scalar.properties.lowercaseMapping.first : nil }
        guard words.first == "LATIN" else { return nil }
        return words.prefix { $0 != "WITH" }.last.flatMap(Self.letter)
    }

    private static func letter(_ word: Substring) -> Character? {
        word.utf8.count == 1 ? Character(word.lowercased()) : nil
    }

    // MARK: Others

    /// Whether it shows nothing although it is no space, or stands for what could not be read.
    var isBlank: Bool { words.contains { ["BLANK", "FILLER", "NULL", "REPLACEMENT"].contains($0) } }

    /// Whether it looks like the end of a name.
    var isColon: Bool { scalar == ":" || words.contains("COLON") }

    /// Whether it is a number within parentheses by itself.
    var isNumberInParentheses: Bool { words.first == "PARENTHESIZED" && scalar.properties.numericType != nil }
}
