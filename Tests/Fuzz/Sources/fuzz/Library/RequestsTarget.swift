internal import HTTPTypes

@testable import LWSSwift

extension FuzzTarget {
    /// A stream of requests becomes the same heads, bodies and refusals in whatever pieces it comes; a head that is taken
    /// is taken again as it was understood, and nothing in it can break out of what it is written into.
    static let requests = FuzzTarget("requests") { bytes throws(Violation) in
        var first: [RequestReading.Outcome]?
        for pieces in Splits.of(bytes) {
            let outcomes = try RequestReading.read(pieces)
            if let first {
                try require(
                    outcomes == first,
                    "in pieces of \(pieces.prefix(20).map(\.count)): \(outcomes), in one: \(first)"
                )
            }
            first = outcomes
        }
    }
}

/// What a server makes of the requests of one connection.
private struct RequestReading {
    enum Outcome: Equatable {
        /// Written down again.
        case head([UInt8])
        case body([UInt8])
        case refusal(HTTPRefusal)
    }

    private static let limits = RequestParser.Limits(maximumBytes: 1_024, maximumFields: 12)
    private static let maximumBodyBytes = 300

    private var parser = RequestParser(limits: limits)
    /// Of the body under way.
    private var reader: BodyReader?
    private var outcomes: [Outcome] = []
    private var violation: Violation?

    static func read(_ pieces: [[UInt8]]) throws(Violation) -> [Outcome] {
        var reading = RequestReading()
        do throws(HTTPRefusal) {
            for piece in pieces { try reading.take(piece) }
        } catch {
            if !(400...599).contains(error.status.code) {
                reading.violation = Violation(description: "refused with \(error)")
            }
            reading.outcomes.append(.refusal(error))
        }
        if let violation = reading.violation { throw violation }
        return reading.outcomes
    }

    private mutating func take(_ piece: [UInt8]) throws(HTTPRefusal) {
        var rest = piece[...]
        while !rest.isEmpty {
            guard let consumed = try reader == nil ? takeHead(Array(rest)) : takeBody(Array(rest)) else { return }
            expect(0...rest.count ~= consumed, "\(consumed) of \(rest.count) bytes were taken")
            rest = rest.dropFirst(consumed)
        }
    }

    private mutating func takeHead(_ bytes: [UInt8]) throws(HTTPRefusal) -> Int? {
        let result = try unsafe bytes.span.bytes.withUnsafeBytes { bytes throws(HTTPRefusal) in
            try unsafe parser.feed(bytes)
        }
        guard let (head, consumed) = result else { return nil }
        parser = RequestParser(limits: Self.limits)
        outcomes.append(.head(Self.written(head)))
        check(head)
        let framing = try BodyFraming(head, maximumBytes: Self.maximumBodyBytes)
        if case .length(let count) = framing { expect(1...Self.maximumBodyBytes ~= count, "a body of \(count) bytes") }
        if framing != .none { reader = BodyReader(framing, maximumBytes: Self.maximumBodyBytes) }
        expect((framing == .none) == !Self.announcesBody(head), "a body is \(framing)")
        return consumed
    }

    private mutating func takeBody(_ bytes: [UInt8]) throws(HTTPRefusal) -> Int? {
        guard var body = reader else { return nil }
        let consumed = try unsafe bytes.span.bytes.withUnsafeBytes { bytes throws(HTTPRefusal) in
            try unsafe body.feed(bytes)
        }
        expect(body.body.count <= Self.maximumBodyBytes, "\(body.body.count) bytes were collected")
        reader = consumed == nil ? body : nil
        if consumed != nil { outcomes.append(.body(body.body)) }
        return consumed
    }

    // MARK: What must hold for a head

    private mutating func check(_ head: RequestHead) {
        expect(head.fields.bytes.count <= Self.limits.maximumBytes, "a head of \(head.fields.bytes.count) bytes")
        expect(head.fields.count <= Self.limits.maximumFields, "\(head.fields.count) fields")
        let request = head.request(scheme: "http")
        expect(request.headerFields.count == head.fields.count, "a field is no field for others")
        expect(request.path?.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F } ?? false, "path \(request.path ?? "")")
        expect(head.pathAndQuery == head.path + (head.line.query == nil ? "" : "?" + head.query), "path and query")
        if head.line.form != .asterisk { expect(head.path.utf8.first == UInt8(ascii: "/"), "path \(head.path)") }
        for field in head.fields.lines {
            let value = head.fields.string(field.value)
            expect(!value.utf8.contains { $0 == 0 || $0 == 0x0D || $0 == 0x0A }, "the value \(value)")
        }
        // An absolute target's host has taken the place of the field's, so written down it is the same request again.
        var again = RequestParser(limits: Self.limits)
        let written = Self.written(head)
        // It can be longer by that host, and by spaces.
        guard written.count <= Self.limits.maximumBytes else { return }
        let second = try? unsafe written.span.bytes.withUnsafeBytes { bytes throws(HTTPRefusal) in
            try unsafe again.feed(bytes)
        }
        expect(second?.consumed == written.count, "what was taken is refused when it is written again")
        if let second { expect(Self.written(second.head) == written, "it is understood otherwise the second time") }
    }

    private static func written(_ head: RequestHead) -> [UInt8] {
        let fields = head.fields
        var bytes = Array(fields.bytes(head.line.method)) + [0x20] + fields.bytes(head.line.target)
        bytes += " HTTP/1.\(head.line.minorVersion)\r\n".utf8
        for line in fields.lines {
            bytes += fields.bytes(line.name) + [0x3A, 0x20] + fields.bytes(line.value) + [13, 10]
        }
        return bytes + [13, 10]
    }

    /// By the plainest reading of its lines, as somebody else may do it.
    private static func announcesBody(_ head: RequestHead) -> Bool {
        let text = String(decoding: head.fields.bytes, as: UTF8.self).lowercased()
        return text.split(separator: "\r\n").contains { line in
            line.hasPrefix("transfer-encoding:")
                || line.hasPrefix("content-length:") && line.contains { ("1"..."9").contains($0) }
        }
    }

    private mutating func expect(_ condition: Bool, _ expectation: @autoclosure () -> String) {
        if !condition, violation == nil { violation = Violation(description: expectation()) }
    }
}
