internal import HTTPTypes

/// One field of a head: `Name: value` (RFC 9112 section 5).
enum FieldLine {
    /// nil when the line is none: without a colon, with white space in or behind the name, or with control characters.
    static func parse(_ line: ArraySlice<UInt8>) -> HTTPField? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
            let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self)),
            let value = value(line[(colon + 1)...])
        else { return nil }
        return HTTPField(name: name, lenientValue: value)
    }

    /// A field's value without the white space around it; nil when it has control characters.
    static func value(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard bytes.allSatisfy(FieldSyntax.isValueByte) else { return nil }
        var value = bytes.drop(while: FieldSyntax.isSpace)
        while let last = value.last, FieldSyntax.isSpace(last) { value.removeLast() }
        return value
    }
}
