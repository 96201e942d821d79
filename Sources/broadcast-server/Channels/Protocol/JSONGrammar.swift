/// Whether bytes are a JSON text, by the letter of RFC 8259: Foundation's decoder takes commas behind the last item, numbers
/// such as `01`, and other encodings than UTF-8, too.
struct JSONGrammar: ~Escapable {
    /// Bytes are no JSON.
    struct Refusal: Error {}

    /// How many arrays and objects may lie in one another; deeper ones are refused (RFC 8259 section 9).
    private static let maximumDepth = 256

    private let bytes: RawSpan
    private var index = 0

    @_lifetime(copy bytes)
    private init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    /// - Parameter bytes: UTF-8.
    static func accepts(_ bytes: [UInt8]) -> Bool {
        var grammar = unsafe JSONGrammar(bytes.span.bytes)
        guard grammar.takeValue(within: 0) else { return false }
        grammar.skipSpace()
        return grammar.next == nil
    }

    private var next: UInt8? { index < bytes.byteCount ? bytes[byte: index] : nil }

    private mutating func takeValue(within depth: Int) -> Bool {
        guard depth <= Self.maximumDepth else { return false }
        if take("{") { return takeMembers(within: depth) }
        if take("[") { return takeItems(within: depth) }
        switch next {
        case UInt8(ascii: "\""): return takeString()
        case UInt8(ascii: "t"): return takeWord("true")
        case UInt8(ascii: "f"): return takeWord("false")
        case UInt8(ascii: "n"): return takeWord("null")
        default: return takeNumber()
        }
    }

    private mutating func takeMembers(within depth: Int) -> Bool {
        if take("}") { return true }
        repeat {
            skipSpace()
            guard takeString(), take(":"), takeValue(within: depth + 1) else { return false }
        } while take(",")
        return take("}")
    }

    private mutating func takeItems(within depth: Int) -> Bool {
        if take("]") { return true }
        repeat {
            guard takeValue(within: depth + 1) else { return false }
        } while take(",")
        return take("]")
    }

    // MARK: Strings

    /// Halves of surrogate pairs are of the grammar: what takes the string refuses them.
    private mutating func takeString() -> Bool {
        guard takeAny(of: "\"") else { return false }
        while true {
            index = bytes.endOfVerbatim(from: index)
            if takeAny(of: "\"") { return true }
            guard takeAny(of: "\\"), takeEscaped() else { return false }
        }
    }

    private mutating func takeEscaped() -> Bool {
        guard takeAny(of: "u") else { return takeAny(of: "\"\\/bfnrt") }
        for _ in 0..<4 {
            guard takeAny(of: "0123456789abcdefABCDEF") else { return false }
        }
        return true
    }

    // MARK: Numbers

    private mutating func takeNumber() -> Bool {
        _ = takeAny(of: "-")
        guard takeAny(of: "0") || takeDigits() else { return false }
        if takeAny(of: "."), !takeDigits() { return false }
        guard takeAny(of: "eE") else { return true }
        _ = takeAny(of: "+-")
        return takeDigits()
    }

    private mutating func takeDigits() -> Bool {
        let start = index
        while takeAny(of: "0123456789") {}
        return index > start
    }

    // MARK: Characters

    /// Takes a character of the structure, and white space before it.
    private mutating func take(_ character: StaticString) -> Bool {
        skipSpace()
        return takeAny(of: character)
    }

    private mutating func takeWord(_ word: String) -> Bool {
        for byte in word.utf8 {
            guard next == byte else { return false }
            index += 1
        }
        return true
    }

    /// Takes one of some characters, if it is next.
    private mutating func takeAny(of characters: StaticString) -> Bool {
        guard let next, characters.withUTF8Buffer({ unsafe $0.contains(next) }) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let next, [0x20, 0x09, 0x0A, 0x0D].contains(next) { index += 1 }
    }
}
