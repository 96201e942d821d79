internal import HTTPTypes

/// Reads the head of a request (RFC 9112 sections 2 and 3) out of bytes that come in pieces of any size. Pure.
///
/// A line is judged when it is complete, so that what is wrong is known without waiting for the rest. Lines end with CR and
/// LF: to take a bare LF for an end, which section 2.2 allows, is to read a head otherwise than a proxy before may have.
struct RequestParser: Sendable {
    struct Limits: Sendable {
        /// Of the whole head, with all line ends.
        var maximumBytes: Int
        var maximumFields: Int
    }

    private let limits: Limits
    private var bytes: [UInt8] = []
    private var requestLine: RequestLine?
    private var fields: [FieldSection.Line] = []
    private var lineStart = 0
    /// What has been looked through for an end of line.
    private var scanned = 0

    init(limits: Limits) {
        self.limits = limits
    }

    /// Whether nothing of a head has come.
    var isEmpty: Bool { bytes.isEmpty }

    /// Takes what has come.
    ///
    /// - Returns: the head and how much of `piece` belongs to it, once it is complete; nil when all of `piece` was taken and
    ///   more is needed. After a head or a refusal the parser is of no further use.
    /// - Throws: the answer to what is no request, or one that nobody here serves.
    mutating func feed(
        _ piece: UnsafeRawBufferPointer
    ) throws(HTTPRefusal) -> (head: RequestHead, consumed: Int)? {
        let before = bytes.count
        let head: RequestHead
        do throws(HeadFault) {
            guard let complete = unsafe try takeLines(piece) else { return nil }
            head = complete
        } catch {
            throw HTTPRefusal(error)
        }
        guard head.line.form != .authority else {
            // Such requests are for proxies.
            throw HTTPRefusal(status: .methodNotAllowed, headerFields: [.allow: "GET, HEAD"], body: "Use GET.")
        }
        return (head, lineStart - before)
    }

    private mutating func takeLines(_ piece: UnsafeRawBufferPointer) throws(HeadFault) -> RequestHead? {
        let isFirst = bytes.isEmpty
        // One byte more than is allowed tells that there is one.
        unsafe bytes.append(contentsOf: piece.prefix(limits.maximumBytes + 1 - bytes.count))
        if isFirst, let first = bytes.first { try Self.check(first) }
        while let end = nextLineFeed(), end < limits.maximumBytes {
            let line = try line(endingAt: end)
            lineStart = end + 1
            if line.isEmpty, let requestLine {
                bytes.removeLast(bytes.count - lineStart)
                return try RequestHead(requestLine, FieldSection(bytes: bytes, lines: fields))
            }
            try take(line)
        }
        guard bytes.count <= limits.maximumBytes else { throw tooLong }
        return nil
    }

    /// Whatever does not begin like a head gets its answer at once: it may never send an end of line.
    private static func check(_ first: UInt8) throws(HeadFault) {
        guard !FieldSyntax.isTokenByte(first), first != UInt8(ascii: "\r"), first != UInt8(ascii: "\n") else { return }
        throw .malformed(first == 0x16 ? "TLS is not spoken at this port." : "What was sent is no HTTP.")
    }

    private mutating func nextLineFeed() -> Int? {
        let index = Self.firstLineFeed(bytes.span, from: scanned)
        scanned = min(index + 1, bytes.count)
        return index < bytes.count ? index : nil
    }

    private static func firstLineFeed(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
        return index
    }

    private func line(endingAt lineFeed: Int) throws(HeadFault) -> Range<Int> {
        guard lineFeed > lineStart, bytes[lineFeed - 1] == UInt8(ascii: "\r") else {
            throw .malformed("A line does not end with CR and LF.")
        }
        return lineStart..<(lineFeed - 1)
    }

    private mutating func take(_ line: Range<Int>) throws(HeadFault) {
        guard requestLine != nil else {
            // Empty lines before a head are passed over (section 2.2); they count among its bytes.
            if !line.isEmpty { requestLine = try RequestLine(bytes.span, line) }
            return
        }
        guard fields.count < limits.maximumFields else {
            throw HeadFault(kind: .tooManyFields, explanation: "There are too many header fields.")
        }
        if fields.isEmpty { fields.reserveCapacity(16) }
        fields.append(try FieldSection.Line(bytes.span, line))
    }

    private var tooLong: HeadFault {
        requestLine == nil
            ? HeadFault(kind: .requestLineTooLong, explanation: "The request line is too long.")
            : HeadFault(kind: .tooLong, explanation: "The header fields are too large.")
    }
}
