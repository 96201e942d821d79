/// What may stand in a name: text that shows as what it is, on one line, without reaching beyond itself.
enum PrintableText {
    /// Whether all of the text is letters, marks, numbers, punctuation, symbols or the plain space, and does not begin with
    /// a mark, which would join what stands before it.
    ///
    /// Control and format characters, other white space, line breaks, private and unknown characters are not printable, nor
    /// is what shows nothing, stands for what could not be read, or is piled up on one letter. What joins or varies emoji is,
    /// behind an emoji.
    static func isPrintable(_ text: String) -> Bool {
        var isBehindEmoji = false
        var markCount = 0
        for (index, scalar) in text.unicodeScalars.enumerated() {
            if isEmojiPart(scalar) {
                guard isBehindEmoji else { return false }
            } else {
                guard isPrintable(scalar, isFirst: index == 0) else { return false }
                isBehindEmoji = scalar.properties.isEmoji
                // Those that take no room of their own.
                markCount = isMark(scalar) && scalar.properties.generalCategory != .spacingMark ? markCount + 1 : 0
                guard markCount <= maximumMarks else { return false }
            }
        }
        return true
    }

    /// How many marks may stand behind one letter, which is what a letter of Hebrew takes.
    private static let maximumMarks = 4

    /// The text in a form that is the same for texts that look the same but for capitals and the style of letters.
    static func folded(_ text: String) -> String {
        var folded = ""
        for scalar in text.unicodeScalars where !isEmojiPart(scalar) {
            if let plain = CharacterName(scalar).unstyled {
                folded.append(plain)
            } else {
                folded.unicodeScalars.append(scalar)
            }
        }
        return folded.lowercased()
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    /// Zero-width joiner and variation selectors: invisible by themselves.
    private static func isEmojiPart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\u{200D}" || scalar == "\u{FE0E}" || scalar == "\u{FE0F}"
    }

    private static func isPrintable(_ scalar: Unicode.Scalar, isFirst: Bool) -> Bool {
        guard !CharacterName(scalar).isBlank else { return false }
        let properties = scalar.properties
        return switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: !(isFirst && isMark(scalar)) && !properties.isDefaultIgnorableCodePoint
        }
    }
}
