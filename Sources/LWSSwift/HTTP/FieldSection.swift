internal import HTTPTypes

/// A part of a head, by the place of its bytes there. A head is far below 4 GiB.
struct HeadRange: Sendable, Equatable {
    private let start: UInt32
    private let end: UInt32

    init(_ range: Range<Int>) {
        start = UInt32(range.lowerBound)
        end = UInt32(range.upperBound)
    }

    var range: Range<Int> { unsafe Range(uncheckedBounds: (Int(start), Int(end))) }
    var count: Int { Int(end - start) }
}

/// The header fields of a message, as the bytes that came and the places of names and values in them: nothing is made of a
/// field before it is asked for.
struct FieldSection: Sendable {
    /// A field line (RFC 9112 section 5).
    struct Line: Sendable {
        var name: HeadRange
        /// Without the white space around it.
        var value: HeadRange

        init(name: HeadRange, value: HeadRange) {
            self.name = name
            self.value = value
        }

        /// - Parameter line: without its end.
        init(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(HeadFault) {
            var colon = line.lowerBound
            while colon < line.upperBound, FieldSyntax.isTokenByte(bytes[colon]) { colon += 1 }
            guard colon < line.upperBound, bytes[colon] == UInt8(ascii: ":"), colon > line.lowerBound else {
                throw Self.fault(bytes, line, colon)
            }
            var start = colon + 1
            var end = line.upperBound
            while start < end, FieldSyntax.isSpace(bytes[start]) { start += 1 }
            while end > start, FieldSyntax.isSpace(bytes[end - 1]) { end -= 1 }
            for index in start..<end where !FieldSyntax.isValueByte(bytes[index]) {
                throw .malformed("A header field has control characters.")
            }
            name = HeadRange(line.lowerBound..<colon)
            value = HeadRange(start..<end)
        }

        private static func fault(_ bytes: Span<UInt8>, _ line: Range<Int>, _ stop: Int) -> HeadFault {
            guard stop < line.upperBound else { return .malformed("A header field has no colon.") }
            guard FieldSyntax.isSpace(bytes[stop]) else { return .malformed("The name of a header field is no token.") }
            // Both have been used to slip fields past those who read them otherwise (RFC 9112 sections 5.1 and 5.2).
            return .malformed(
                stop == line.lowerBound
                    ? "A header field is folded over several lines."
                    : "There is white space before the colon of a header field."
            )
        }
    }

    /// The head, from its first line to the empty one.
    private(set) var bytes: [UInt8]
    private(set) var lines: [Line]

    init(bytes: [UInt8], lines: [Line]) {
        self.bytes = bytes
        self.lines = lines
    }

    /// How many field lines there are, a repeated field counted as often as it came.
    var count: Int { lines.count }

    func bytes(_ part: HeadRange) -> ArraySlice<UInt8> { bytes[part.range] }

    func string(_ part: HeadRange) -> String { String(decoding: bytes[part.range], as: UTF8.self) }

    /// The values of a field, in order.
    ///
    /// - Parameter name: in lower case.
    func values(_ name: String) -> [ArraySlice<UInt8>] {
        var values: [ArraySlice<UInt8>] = []
        var index = 0
        while let line = next(name, &index) { values.append(bytes(line.value)) }
        return values
    }

    enum Occurrence: Equatable {
        case never
        case once(HeadRange)
        case repeatedly
    }

    /// How often a field came; nothing is made for the answer, since it is asked for each request.
    ///
    /// - Parameter name: in lower case.
    func occurrence(_ name: String) -> Occurrence {
        var index = 0
        guard let line = next(name, &index) else { return .never }
        return next(name, &index) == nil ? .once(line.value) : .repeatedly
    }

    /// The value of a field that came once; nil when it did not, or more often.
    func only(_ name: String) -> ArraySlice<UInt8>? {
        guard case .once(let value) = occurrence(name) else { return nil }
        return bytes(value)
    }

    func contains(_ name: String) -> Bool {
        var index = 0
        return next(name, &index) != nil
    }

    /// The value of a field as text; of a repeated one, its values joined (RFC 9110 section 5.3).
    func text(_ name: String) -> String? {
        var index = 0
        guard let first = next(name, &index) else { return nil }
        var text = string(first.value)
        while let line = next(name, &index) {
            // Cookies are the one list without commas (RFC 6265 section 4.2.1).
            text += name == "cookie" ? "; " : ", "
            text += string(line.value)
        }
        return text
    }

    /// Whether a list has a member, whatever the case of letters.
    func list(_ name: String, contains member: String) -> Bool {
        var index = 0
        while let line = next(name, &index) {
            // Nearly always the field's only member.
            if line.value.count == member.utf8.count {
                if FieldSyntax.equals(bytes(line.value), lowercase: member) { return true }
            } else if bytes(line.value).contains(UInt8(ascii: ",")),
                FieldSyntax.list(bytes(line.value)).contains(where: { FieldSyntax.equals($0.utf8, lowercase: member) })
            {
                return true
            }
        }
        return false
    }

    /// Puts another part of the head in the place of a field's value.
    mutating func replaceValue(of name: String, with value: HeadRange) {
        for index in lines.indices where matches(lines[index], name) { lines[index].value = value }
    }

    var httpFields: HTTPFields {
        var fields = HTTPFields()
        for line in lines {
            guard let name = HTTPField.Name(string(line.name)) else { continue }
            fields.append(HTTPField(name: name, value: bytes(line.value)))
        }
        return fields
    }

    /// The next line from `index` on that has this name.
    private func next(_ name: String, _ index: inout Int) -> Line? {
        while index < lines.count {
            let line = lines[index]
            index += 1
            if matches(line, name) { return line }
        }
        return nil
    }

    private func matches(_ line: Line, _ name: String) -> Bool {
        guard line.name.count == name.utf8.count else { return false }
        let bytes = bytes.span
        var index = line.name.range.lowerBound
        for byte in name.utf8 {
            if FieldSyntax.lowercased(bytes[index]) != byte { return false }
            index += 1
        }
        return true
    }
}
