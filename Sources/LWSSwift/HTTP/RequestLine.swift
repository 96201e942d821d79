/// The first line of a request: method, target and version (RFC 9112 section 3), by their places in the head.
struct RequestLine: Sendable {
    /// The forms a target may have (section 3.2).
    enum Form: Sendable, Equatable {
        /// A path and perhaps a query.
        case origin
        /// A whole URL, as it is sent to proxies.
        case absolute
        /// A host and a port, for CONNECT.
        case authority
        /// `*`, for OPTIONS.
        case asterisk
    }

    let method: HeadRange
    /// As it was sent.
    let target: HeadRange
    let form: Form
    /// Of an absolute target.
    private(set) var authority: HeadRange?
    /// As it was sent; empty when an absolute target has none.
    private(set) var path: HeadRange
    /// Without the question mark; nil when there is none.
    private(set) var query: HeadRange?
    /// The digit behind `HTTP/1.`.
    let minorVersion: UInt8

    /// - Parameter line: where it stands, without its end.
    init(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(HeadFault) {
        var index = line.lowerBound
        while index < line.upperBound, FieldSyntax.isTokenByte(bytes[index]) { index += 1 }
        method = HeadRange(line.lowerBound..<index)
        let targetStart = index + 1
        guard index > line.lowerBound, targetStart < line.upperBound, bytes[index] == Self.space else {
            throw .malformed("The request line is malformed.")
        }
        index = targetStart
        while index < line.upperBound, Self.isTargetByte(bytes[index]) { index += 1 }
        guard index > targetStart, index < line.upperBound, bytes[index] == Self.space else {
            throw .malformed("The request line is malformed.")
        }
        let target = targetStart..<index
        self.target = HeadRange(target)
        minorVersion = try Self.minorVersion(bytes, (index + 1)..<line.upperBound)
        path = HeadRange(target)
        let isConnect = method.count == 7 && Self.begins(bytes, method.range, "CONNECT")
        let isOptions = method.count == 7 && Self.begins(bytes, method.range, "OPTIONS")
        switch bytes[target.lowerBound] {
        case _ where isConnect:
            form = .authority
        case UInt8(ascii: "/"):
            form = .origin
            divide(bytes, target)
        case UInt8(ascii: "*") where target.count == 1 && isOptions:
            form = .asterisk
        default:
            form = .absolute
            let start = try Self.authorityStart(bytes, target)
            var end = start
            while end < target.upperBound, ![UInt8(ascii: "/"), UInt8(ascii: "?")].contains(bytes[end]) { end += 1 }
            guard end > start, FieldSyntax.isAuthority(bytes, start..<end) else {
                throw .malformed("The target of the request has no host, or a malformed one.")
            }
            authority = HeadRange(start..<end)
            divide(bytes, end..<target.upperBound)
        }
    }

    private static let space = UInt8(ascii: " ")

    /// Everything but white space, control characters and the mark of a fragment, which is never sent (RFC 9110 section
    /// 4.1). Characters that URLs have encoded only are let pass: browsers send some of them.
    private static func isTargetByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "#")
    }

    private static func minorVersion(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HeadFault) -> UInt8 {
        guard range.count == 8, begins(bytes, range, "HTTP/"), bytes[range.lowerBound + 6] == UInt8(ascii: "."),
            FieldSyntax.isDigit(bytes[range.lowerBound + 5]), FieldSyntax.isDigit(bytes[range.lowerBound + 7])
        else { throw .malformed("The request line is malformed.") }
        guard bytes[range.lowerBound + 5] == UInt8(ascii: "1") else {
            throw HeadFault(kind: .unsupportedVersion, explanation: "HTTP/1.1 is spoken here.")
        }
        return bytes[range.lowerBound + 7] - UInt8(ascii: "0")
    }

    private static func begins(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: String) -> Bool {
        var index = range.lowerBound
        for byte in text.utf8 {
            guard index < range.upperBound, bytes[index] == byte else { return false }
            index += 1
        }
        return true
    }

    /// Behind the scheme of a URL that a server of this kind may be asked for.
    private static func authorityStart(_ bytes: Span<UInt8>, _ target: Range<Int>) throws(HeadFault) -> Int {
        for scheme in ["http", "https", "ws", "wss"] {
            let count = scheme.utf8.count
            guard target.count > count + 3 else { continue }
            let name = target.lowerBound..<(target.lowerBound + count)
            let isScheme = zip(name, scheme.utf8).allSatisfy { FieldSyntax.lowercased(bytes[$0]) == $1 }
            guard isScheme, begins(bytes, name.upperBound..<target.upperBound, "://") else { continue }
            return name.upperBound + 3
        }
        throw .malformed("The target of the request is neither a path nor a URL of HTTP.")
    }

    private mutating func divide(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var index = range.lowerBound
        while index < range.upperBound, bytes[index] != UInt8(ascii: "?") { index += 1 }
        path = HeadRange(range.lowerBound..<index)
        query = index < range.upperBound ? HeadRange((index + 1)..<range.upperBound) : nil
    }
}
