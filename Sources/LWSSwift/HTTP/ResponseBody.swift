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
        case chunked(ChunkedDecoder)
        /// Until the server ends the connection; also for a length that nobody can read.
        case untilEnd
    }

    init(of head: ResponseHead) {
        let coding = head.fields[.transferEncoding]?.lowercased()
        if coding?.hasSuffix("chunked") == true {
            framing = .chunked(ChunkedDecoder(maximumBytes: .max))
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
        case .chunked(var decoder):
            do throws(HTTPRefusal) {
                if try unsafe decoder.feed(bytes, into: &beginning) != nil { isComplete = true }
                framing = .chunked(decoder)
            } catch {
                isComplete = true
            }
            if beginning.count >= Self.maximumBytes {
                beginning.removeLast(beginning.count - Self.maximumBytes)
                isComplete = true
            }
        case .untilEnd:
            unsafe keep(bytes)
        }
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        unsafe beginning.append(contentsOf: bytes.prefix(Self.maximumBytes - beginning.count))
        if beginning.count == Self.maximumBytes { isComplete = true }
    }
}
