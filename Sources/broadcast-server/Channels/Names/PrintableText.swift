/// What may stand in a name: text that shows as what it is, on one line, without reaching beyond itself.
enum PrintableText {
    /// Whether all of the text is letters, marks, numbers, punctuation, symbols or the plain space, and does not begin with
    /// a mark, which would join what stands before it.
    ///
    /// Control and format characters, other white space, line breaks, private and unknown characters are not printable, nor is
    /// a Braille pattern without dots, which looks like a space, or U+FFFD, which stands for what could not be read.
    /// What joins or varies emoji is, behind an emoji.
    static func isPrintable(_ text: String) -> Bool {
        var isBehindEmoji = false
        for (index, scalar) in text.unicodeScalars.enumerated() {
            if isEmojiPart(scalar) {
                guard isBehindEmoji else { return false }
            } else {
                guard isPrintable(scalar, isFirst: index == 0) else { return false }
                isBehindEmoji = scalar.properties.isEmoji
            }
        }
        return true
    }

    /// The text in a form that is the same for texts that look the same but for capitals.
    static func folded(_ text: String) -> String {
        let visible = text.unicodeScalars.filter { !isEmojiPart($0) }
        return String(String.UnicodeScalarView(visible)).lowercased()
    }

    /// Zero-width joiner and variation selectors: invisible by themselves.
    private static func isEmojiPart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\u{200D}" || scalar == "\u{FE0E}" || scalar == "\u{FE0F}"
    }

    private static func isPrintable(_ scalar: Unicode.Scalar, isFirst: Bool) -> Bool {
        guard scalar != "\u{2800}", scalar != "\u{FFFD}" else { return false }
        let properties = scalar.properties
        return switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        case .nonspacingMark, .spacingMark, .enclosingMark: !isFirst && !properties.isDefaultIgnorableCodePoint
        default: !properties.isDefaultIgnorableCodePoint
        }
    }
}
