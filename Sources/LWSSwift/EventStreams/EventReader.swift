internal import HTTPTypes

/// Reads events out of the body of an answer, whose framing it takes off (RFC 9112 section 6.3). Pure: tested without
/// sockets.
struct EventReader {
    /// Why no more can be read.
    enum Fault: Error, Equatable {
        /// The framing of the body is broken; as the end of a sentence.
        case malformed(String)
        case excess(EventParser.Excess)
    }

    private enum Framing {
        case length(remaining: Int)
        case chunked(ChunkedDecoder)
        case untilEnd
    }

    private var framing: Framing
    private(set) var parser: EventParser
    /// The body has ended by its framing: what else the server sends is no part of it.
    private(set) var isComplete = false

    /// - Throws: what is wrong with an answer that has the right status.
    init(_ head: ResponseHead, _ parser: EventParser) throws(MalformedResponse) {
        self.parser = parser
        if let coding = head.fields[.contentEncoding]?.lowercased(), coding != "identity" {
            throw MalformedResponse(reason: "its body is encoded as \"\(coding.prefix(40))\", which was not asked for")
        }
        if let coding = head.fields[.transferEncoding]?.lowercased() {
            guard coding == "chunked" else {
                throw MalformedResponse(reason: "its transfer coding, \"\(coding.prefix(40))\", is not known")
            }
            framing = .chunked(ChunkedDecoder(maximumBytes: .max, renewsAllowance: true))
        } else if let length = head.fields[.contentLength] {
            guard let count = Int(length), count >= 0 else {
                throw MalformedResponse(reason: "its Content-Length is malformed")
            }
            framing = .length(remaining: count)
            isComplete = count == 0
        } else {
            framing = .untilEnd
        }
    }

    /// Whether an answer is a stream of events: 200 and the media type, with any parameters.
    static func isEventStream(_ head: ResponseHead) -> Bool {
        head.status == 200 && mediaType(of: head) == "text/event-stream"
    }

    /// What an answer says to be, in lower case; empty when it does not say.
    static func mediaType(of head: ResponseHead) -> String {
        let type = (head.fields[.contentType] ?? "").prefix { $0 != ";" }
        return String(type.drop { $0 == " " }.prefix { $0 != " " && $0 != "\t" }).lowercased()
    }

    /// Whether the body is whole when the connection ends now.
    var isWholeAtEnd: Bool {
        if case .untilEnd = framing { true } else { isComplete }
    }

    /// Takes the next bytes and appends the events that they complete.
    mutating func read(_ bytes: UnsafeRawBufferPointer, into events: inout [ServerSentEvent]) throws(Fault) {
        guard !isComplete else { return }
        switch framing {
        case .untilEnd:
            unsafe try parse(bytes, into: &events)
        case .length(let remaining):
            let count = min(remaining, bytes.count)
            framing = .length(remaining: remaining - count)
            isComplete = count == remaining
            unsafe try parse(UnsafeRawBufferPointer(rebasing: bytes[..<count]), into: &events)
        case .chunked(var decoder):
            var body: [UInt8] = []
            do throws(HTTPRefusal) {
                isComplete = try unsafe decoder.feed(bytes, into: &body) != nil
            } catch {
                throw .malformed("its chunks are malformed")
            }
            framing = .chunked(decoder)
            try unsafe body.span.bytes.withUnsafeBytes { (body) throws(Fault) in try unsafe parse(body, into: &events) }
        }
    }

    private mutating func parse(_ bytes: UnsafeRawBufferPointer, into events: inout [ServerSentEvent]) throws(Fault) {
        do throws(EventParser.Excess) {
            unsafe try parser.read(bytes, into: &events)
        } catch {
            throw .excess(error)
        }
    }
}
