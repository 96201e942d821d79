/// Looks whether a JSON text names a member twice in one object, which readers understand in different ways (RFC 8259
/// section 4): a token that says two things is refused.
///
/// It goes over structure and strings, and leaves the rest of the syntax to the decoder: both have to accept a text.
struct UniqueMembers {
    /// How deep objects and arrays may stand in one another.
    private static let maximumDepth = 16

    private let bytes: [UInt8]
    private var index = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether the bytes are one JSON object in UTF-8 whose objects name each member once.
    static func hold(in bytes: [UInt8]) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var text = UniqueMembers(bytes)
        guard text.next() == UInt8(ascii: "{"), text.takeValue(depth: 0) else { return false }
        return text.next() == nil
    }

    /// The next byte that is no white space; nil at the end.
    private mutating func next() -> UInt8? {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return bytes[index]
            }
        }
        return nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next() == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func takeValue(depth: Int) -> Bool {
        guard depth < Self.maximumDepth else { return false }
        switch next() {
        case UInt8(ascii: "{"): return takeObject(depth: depth)
        case UInt8(ascii: "["): return takeArray(depth: depth)
        case UInt8(ascii: "\""): return takeString() != nil
        default: return takeWord()
        }
    }

    private mutating func takeObject(depth: Int) -> Bool {
        index += 1
        if take("}") { return true }
        var names: Set<String> = []
        repeat {
            guard next() == UInt8(ascii: "\""), let name = takeString(), names.insert(name).inserted, take(":"),
                takeValue(depth: depth + 1)
            else { return false }
        } while take(",")
        return take("}")
    }

    private mutating func takeArray(depth: Int) -> Bool {
        index += 1
        if take("]") { return true }
        repeat {
            guard takeValue(depth: depth + 1) else { return false }
        } while take(",")
        return take("]")
    }

    /// Takes a string, which begins here, and says what it stands for.
    private mutating func takeString() -> String? {
        guard let (text, count) = JSONUnescaping.unescape(unsafe bytes.span.bytes.extracting((index + 1)...)) else {
            return nil
        }
        index += 1 + count
        return String(validating: text, as: UTF8.self)
    }

    /// Takes a number, or true, false or null.
    private mutating func takeWord() -> Bool {
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
                UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                index += 1
            default: return index > start
            }
        }
        return index > start
    }
}
