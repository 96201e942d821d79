internal import HTTPTypes

/// Reads the head of the answer to one request as it arrives, in pieces of any size (RFC 9112 sections 2 to 5).
///
/// Interim answers, 1xx but 101, are read and passed over (RFC 9110 section 15.2). Memory and time are bounded by
/// ``maximumBytes``, ``maximumFields`` and ``maximumInterimAnswers``, whatever the server sends. Pure: tested without
/// sockets.
struct ResponseParser {
    /// The largest head that is taken, with each interim one.
    static let maximumBytes = 16 << 10
    /// The most fields of a head.
    static let maximumFields = 128
    /// The most interim answers before the one that counts.
    static let maximumInterimAnswers = 16

    private var head: ResponseHead?
    /// The line under way, without its end.
    private var line: [UInt8] = []
    private var byteCount = 0
    private var interimAnswers = 0

    /// Takes the next bytes.
    ///
    /// - Returns: the head, and how many of the bytes belong to it or to what came before; nil when all do and the head is
    ///   not complete.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer
    ) throws(MalformedResponse) -> (head: ResponseHead, count: Int)? {
        var index = 0
        while index < bytes.count {
            let byte = unsafe bytes[index]
            index += 1
            byteCount += 1
            guard byteCount <= Self.maximumBytes else {
                throw MalformedResponse(reason: "its head is larger than \(Self.maximumBytes) bytes")
            }
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                if head == nil { try checkBeginning() }
                continue
            }
            guard line.popLast() == UInt8(ascii: "\r") else {
                throw MalformedResponse(reason: "a line of its head does not end with CR LF")
            }
            if let complete = try endLine() { return (complete, index) }
        }
        return nil
    }

    /// Other protocols show themselves in the first bytes, and may never send the end of a line.
    private func checkBeginning() throws(MalformedResponse) {
        let expected = "HTTP/1.".utf8
        guard line.count <= expected.count, !expected.starts(with: line) else { return }
        throw MalformedResponse(reason: "it is no HTTP/1.1")
    }

    /// A line is complete; the head that it ends, if it does.
    private mutating func endLine() throws(MalformedResponse) -> ResponseHead? {
        defer { line.removeAll(keepingCapacity: true) }
        guard head != nil else {
            head = try StatusLine.parse(line)
            return nil
        }
        guard line.isEmpty else {
            try addField()
            return nil
        }
        defer { head = nil }
        guard let complete = head, (100...199).contains(complete.status), complete.status != 101 else { return head }
        interimAnswers += 1
        byteCount = 0
        guard interimAnswers <= Self.maximumInterimAnswers else {
            throw MalformedResponse(reason: "more than \(Self.maximumInterimAnswers) interim answers came before it")
        }
        return nil
    }

    private mutating func addField() throws(MalformedResponse) {
        guard line.first != UInt8(ascii: " "), line.first != UInt8(ascii: "\t") else { return try unfold() }
        guard head!.fields.count < Self.maximumFields else {
            throw MalformedResponse(reason: "its head has more than \(Self.maximumFields) fields")
        }
        guard let field = FieldLine.parse(line[...]) else {
            throw MalformedResponse(reason: "a field of its head is malformed")
        }
        head!.fields.append(field)
    }

    /// A line that goes on with the field before it, as old servers write long ones: what it begins with counts as a space
    /// (RFC 9112 section 5.2).
    private mutating func unfold() throws(MalformedResponse) {
        guard let last = head!.fields.indices.last, let rest = FieldLine.value(line[...]) else {
            throw MalformedResponse(reason: "a field of its head is malformed")
        }
        head!.fields[last].value += " " + String(decoding: rest, as: UTF8.self)
    }
}

/// The first line of an answer: `HTTP/1.1 101 Switching Protocols` (RFC 9112 section 4).
private enum StatusLine {
    static func parse(_ line: [UInt8]) throws(MalformedResponse) -> ResponseHead {
        let version = line.prefix(8)
        let status = line.dropFirst(9).prefix(3)
        // Some servers leave out the space behind the status when no phrase follows.
        guard version.starts(with: "HTTP/1.".utf8), let minor = version.dropFirst(7).first.flatMap(digit),
            line.dropFirst(8).first == UInt8(ascii: " "), status.count == 3,
            line.dropFirst(12).first ?? UInt8(ascii: " ") == UInt8(ascii: " "),
            line.dropFirst(12).allSatisfy(FieldSyntax.isValueByte)
        else { throw MalformedResponse(reason: "its status line is malformed") }
        var number = 0
        for byte in status {
            guard let digit = digit(byte) else { throw MalformedResponse(reason: "its status line is malformed") }
            number = number * 10 + digit
        }
        guard (100...599).contains(number) else { throw MalformedResponse(reason: "it has the status \(number)") }
        return ResponseHead(minorVersion: minor, status: number)
    }

    private static func digit(_ byte: UInt8) -> Int? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
    }
}
