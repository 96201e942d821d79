internal import HTTPTypes

/// How the end of a request's body is known (RFC 9112 section 6.3).
enum BodyFraming: Sendable, Equatable {
    case none
    case length(Int)
    case chunked

    /// - Throws: for what different readers may understand differently, which would let one request hide within another
    ///   (section 11.2), and for more than is taken.
    init(_ head: RequestHead, maximumBytes: Int) throws(HTTPRefusal) {
        let length = head.fields.occurrence("content-length")
        guard head.fields.contains("transfer-encoding") else {
            self = try Self.framing(length, head.fields, maximumBytes)
            return
        }
        guard length == .never else { throw .badRequest("There are Content-Length and Transfer-Encoding.") }
        guard head.isHTTP11 else { throw .badRequest("HTTP/1.0 has no Transfer-Encoding.") }
        let codings = head.fields.values("transfer-encoding").flatMap(FieldSyntax.list).map { $0.lowercased() }
        guard codings.last == "chunked", codings.filter({ $0 == "chunked" }).count == 1 else {
            throw .badRequest("The last transfer coding must be \"chunked\".")
        }
        guard codings.count == 1 else {
            throw HTTPRefusal(status: .notImplemented, body: "No transfer coding but \"chunked\" is understood.")
        }
        self = .chunked
    }

    private static func framing(
        _ length: FieldSection.Occurrence,
        _ fields: FieldSection,
        _ maximumBytes: Int
    ) throws(HTTPRefusal) -> BodyFraming {
        switch length {
        case .never: return .none
        case .repeatedly: throw .badRequest("There is more than one Content-Length field.")
        case .once(let digits):
            guard let count = number(fields.bytes(digits)) else {
                throw .badRequest("The Content-Length field is malformed.")
            }
            guard count <= maximumBytes else { throw tooLarge }
            return count == 0 ? .none : .length(count)
        }
    }

    static let tooLarge = HTTPRefusal(status: .contentTooLarge, body: "The body is too large.")

    /// One or more digits, and nothing else.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty else { return nil }
        var number = 0
        for byte in digits {
            guard FieldSyntax.isDigit(byte) else { return nil }
            let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooLarge) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !isTooLarge, !isStillTooLarge else { return nil }
            number = sum
        }
        return number
    }
}
