internal import HTTPTypes

/// The beginning of an answer's body, without its framing (RFC 9112 section 6.3), for a client that only wants to tell
/// what a server said.
struct ResponseBody {
    /// The most that is kept.
    static let maximumBytes = 1_024

    private(set) var beginning: [UInt8] = []
    /// Whether nothing is to come that would be kept.
    private(set) var isComplete = false
    private var framing: Framing

    private enum Framing {
        case length(Int)
        case chunked(ChunkedBody)
        /// Until the server ends the connection; also for a length that nobody can read.
        case untilEnd
    }

    init(of head: ResponseHead) {
        let coding = head.fields[.transferEncoding]?.lowercased()
        if coding?.hasSuffix("chunked") == true {
            framing = .chunked(ChunkedBody())
        } else if coding == nil, let length = head.fields[.contentLength].flatMap({ Int($0) }), length >= 0 {
            framing = .length(length)
            isComplete = length == 0
        } else {
            framing = .untilEnd
        }
        if head.status < 200 || head.status == 204 || head.status == 304 { isComplete = true }
    }

    /// Takes the next bytes.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !isComplete else { return }
        switch framing {
        case .length(let length):
            unsafe keep(UnsafeRawBufferPointer(rebasing: bytes.prefix(length)))
            framing = .length(length - min(length, bytes.count))
            if length <= bytes.count { isComplete = true }
        case .chunked(var chunks):
            for index in 0..<bytes.count where !isComplete {
                let byte = unsafe bytes[index]
                switch chunks.read(byte) {
                case .data: beginning.append(byte)
                case .framing: break
                case .end: isComplete = true
                }
                if beginning.count == Self.maximumBytes { isComplete = true }
            }
            framing = .chunked(chunks)
        case .untilEnd:
            unsafe keep(bytes)
        }
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        unsafe beginning.append(contentsOf: bytes.prefix(Self.maximumBytes - beginning.count))
        if beginning.count == Self.maximumBytes { isComplete = true }
    }
}

/// Tells data from framing in a chunked body (RFC 9112 section 7.1), byte for byte.
private struct ChunkedBody {
    enum Meaning {
        case data
        case framing
        /// The last chunk has come, or something that is none.
        case end
    }

    private var size = 0
    private var place = Place.size

    private enum Place {
        case size
        case restOfSizeLine
        case data
        case endOfData
    }

    mutating func read(_ byte: UInt8) -> Meaning {
        switch place {
        case .size:
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                place = .restOfSizeLine
                return read(byte)
            }
            // No chunk that large counts to its end here.
            guard size < 1 << 40 else { return .end }
            size = size * 16 + digit
            return .framing
        case .restOfSizeLine:
            guard byte == UInt8(ascii: "\n") else { return .framing }
            guard size > 0 else { return .end }
            place = .data
            return .framing
        case .data:
            size -= 1
            if size == 0 { place = .endOfData }
            return .data
        case .endOfData:
            if byte == UInt8(ascii: "\n") { place = .size }
            return .framing
        }
    }
}
