import LWSSwift

/// Writes JSON piece by piece into one array, with the escapes that Foundation's encoder makes of what it has to.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []

    /// What was written, as a text message.
    var message: WebSocketMessage {
        guard let message = WebSocketMessage.text(validating: bytes) else {
            preconditionFailure("What is made of strings and texts is UTF-8.")
        }
        return message
    }

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// Appends what is JSON already.
    mutating func append(_ json: StaticString) {
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    /// Appends what is JSON already.
    mutating func append(_ json: [UInt8]) {
        bytes.append(contentsOf: json)
    }

    /// Appends a number in digits.
    mutating func append(_ number: some FixedWidthInteger) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        // As many as the largest of 64 bits has.
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = digits.count
        var rest = UInt64(number.magnitude)
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        bytes.append(unsafe digits.span.extracting(first...).bytes)
    }

    /// Appends what stands in a string between its quotation marks.
    mutating func append(escaping text: RawSpan) {
        var index = 0
        while true {
            let end = text.endOfVerbatim(from: index)
            bytes.append(text.extracting(index..<end))
            guard end < text.byteCount else { return }
            append(escaped: text[byte: end])
            index = end + 1
        }
    }

    /// Appends a string, in its quotation marks.
    mutating func append(string text: String) {
        var text = text
        append("\"")
        text.withUTF8 { append(escaping: unsafe $0.span.bytes) }
        append("\"")
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case 0x08: append(#"\b"#)
        case 0x09: append(#"\t"#)
        case 0x0A: append(#"\n"#)
        case 0x0C: append(#"\f"#)
        case 0x0D: append(#"\r"#)
        case 0x22: append(#"\""#)
        case 0x5C: append(#"\\"#)
        default:
            append(byte < 0x10 ? #"\u000"# : #"\u001"#)
            let digits: StaticString = "0123456789abcdef"
            bytes.append(unsafe digits.utf8Start[Int(byte & 0xF)])
        }
    }
}
