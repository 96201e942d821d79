internal import HTTPTypes

/// Takes chunks apart (RFC 9112 section 7.1). Pure.
///
/// Extensions and trailer fields are passed over, as a recipient may do that has no use for them; they are bounded, and
/// trailer fields that are malformed are refused like header fields.
struct ChunkedDecoder: Sendable {
    private enum Place {
        case size(Int, digits: Int)
        case extensions(size: Int)
        /// A CR was read; its LF is awaited.
        case sizeEnd(size: Int)
        case data(remaining: Int)
        case dataEnd
        case dataLineFeed
        case trailer
    }
    private var place = Place.size(0, digits: 0)
    private let maximumBytes: Int
    /// What may still come of bytes that are passed over.
    private var allowance = Self.mostPassedOver
    private let renewsAllowance: Bool
    /// The trailer line under way.
    private var line: [UInt8] = []

    /// More digits than any size needs are of no use but to make others count wrongly.
    private static let maximumDigits = 16
    private static let mostPassedOver = 16 << 10

    /// - Parameters:
    ///   - maximumBytes: of the body, as far as it is in the array that is fed.
    ///   - renewsAllowance: whether each chunk may have as much beside its data as else all have together: for a body that
    ///     has no end.
    init(maximumBytes: Int, renewsAllowance: Bool = false) {
        self.maximumBytes = maximumBytes
        self.renewsAllowance = renewsAllowance
    }

    /// Appends what is body in `piece` to `body`.
    ///
    /// - Returns: how much of `piece` belongs to the chunks, once their end is there.
    mutating func feed(_ piece: UnsafeRawBufferPointer, into body: inout [UInt8]) throws(HTTPRefusal) -> Int? {
        var index = 0
        while index < piece.count {
            if case .data(let remaining) = place {
                let count = min(remaining, piece.count - index)
                unsafe body.append(contentsOf: piece[index..<(index + count)])
                index += count
                place = remaining == count ? .dataEnd : .data(remaining: remaining - count)
                continue
            }
            let byte = unsafe piece[index]
            index += 1
            if try take(byte, taken: body.count) { return index }
        }
        return nil
    }

    /// Takes a byte of the framing; true when it is the last one.
    private mutating func take(_ byte: UInt8, taken: Int) throws(HTTPRefusal) -> Bool {
        switch place {
        case .size(let size, let digits):
            try takeSize(byte, size, digits: digits)
        case .extensions(let size):
            if byte == UInt8(ascii: "\r") {
                place = .sizeEnd(size: size)
            } else {
                guard FieldSyntax.isValueByte(byte) else { throw Self.malformed }
                try pass()
            }
        case .sizeEnd(let size):
            guard byte == UInt8(ascii: "\n") else { throw Self.malformed }
            guard size <= maximumBytes - taken else { throw BodyFraming.tooLarge }
            place = size == 0 ? .trailer : .data(remaining: size)
            if renewsAllowance { allowance = Self.mostPassedOver }
        case .dataEnd:
            guard byte == UInt8(ascii: "\r") else { throw Self.malformed }
            place = .dataLineFeed
        case .dataLineFeed:
            guard byte == UInt8(ascii: "\n") else { throw Self.malformed }
            place = .size(0, digits: 0)
        case .trailer:
            return try takeTrailer(byte)
        case .data:
            preconditionFailure("Data is no framing.")
        }
        return false
    }

    private mutating func takeSize(_ byte: UInt8, _ size: Int, digits: Int) throws(HTTPRefusal) {
        if let digit = Self.hexadecimalDigit(byte) {
            guard digits < Self.maximumDigits else { throw Self.malformed }
            // What is too large already stays so.
            place = .size(size > Int.max >> 4 ? .max : size << 4 | digit, digits: digits + 1)
            return
        }
        guard digits > 0 else { throw Self.malformed }
        switch byte {
        case UInt8(ascii: "\r"): place = .sizeEnd(size: size)
        case UInt8(ascii: ";"), UInt8(ascii: " "), UInt8(ascii: "\t"):
            try pass()
            place = .extensions(size: size)
        default: throw Self.malformed
        }
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    private mutating func takeTrailer(_ byte: UInt8) throws(HTTPRefusal) -> Bool {
        try pass()
        guard byte == UInt8(ascii: "\n") else {
            line.append(byte)
            return false
        }
        guard line.popLast() == UInt8(ascii: "\r") else { throw Self.malformed }
        if line.isEmpty { return true }
        do throws(HeadFault) {
            _ = try FieldSection.Line(line.span, 0..<line.count)
        } catch {
            throw HTTPRefusal(error)
        }
        line.removeAll(keepingCapacity: true)
        return false
    }

    private mutating func pass() throws(HTTPRefusal) {
        allowance -= 1
        guard allowance >= 0 else {
            throw HTTPRefusal(status: .contentTooLarge, body: "The chunks have too much besides their data.")
        }
    }

    private static let malformed = HTTPRefusal.badRequest("The chunks of the body are malformed.")
}
