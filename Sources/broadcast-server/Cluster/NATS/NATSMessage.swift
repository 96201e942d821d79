internal import CNATS

/// What came on a subject.
struct NATSMessage: Sendable {
    let subject: String
    let reply: String?
    let bytes: [UInt8]
    /// `Status` of its header, such as 503 when nobody listens; nil for none.
    let status: String?
    /// Where a consumer waits for an answer, by its header.
    var stalledAt: String?

    /// Where a message of a stream stands in it.
    struct Place: Sendable, Equatable {
        let sequence: UInt64
        /// Whether it is the first that its consumer has sent.
        let isFirst: Bool
        /// Milliseconds since 1970-01-01 00:00 UTC.
        let time: Int64
        /// How many the consumer still has to send behind it, as far as its server knew then.
        let pending: UInt64

        /// - Parameter reply: what a message from a consumer is answered at: `$JS.ACK`, stream, consumer, times delivered,
        ///   sequence in the stream, sequence of the consumer, nanoseconds, what is pending; newer servers put a domain and
        ///   an account before the stream, and may put more behind.
        init?(reply: String) {
            let tokens = reply.split(separator: ".", omittingEmptySubsequences: false)
            guard tokens.count >= 9, tokens[0] == "$JS", tokens[1] == "ACK" else { return nil }
            let first = tokens.count == 9 ? 5 : 7
            guard tokens.count > first + 2, let sequence = UInt64(tokens[first]), let time = Int64(tokens[first + 2])
            else { return nil }
            self.sequence = sequence
            isFirst = tokens[first + 1] == "1"
            self.time = time / 1_000_000
            pending = tokens.count > first + 3 ? UInt64(tokens[first + 3]) ?? 0 : 0
        }
    }

    /// nil for one that comes from no stream.
    var place: Place? { reply.flatMap(Place.init) }
}

extension NATSMessage {
    init(_ message: OpaquePointer) {
        unsafe subject = String(cString: natsMsg_GetSubject(message))
        unsafe reply = natsMsg_GetReply(message).map { unsafe String(cString: $0) }
        let count = unsafe Int(natsMsg_GetDataLength(message))
        unsafe bytes = Array(
            UnsafeRawBufferPointer(start: natsMsg_GetData(message).map { unsafe UnsafeRawPointer($0) }, count: count)
        )
        // Who only tells something sends no bytes.
        unsafe status = count == 0 ? Self.field("Status", of: message) : nil
        unsafe stalledAt = status == nil ? nil : Self.field("Nats-Consumer-Stalled", of: message)
    }

    private static func field(_ name: String, of message: OpaquePointer) -> String? {
        var value: UnsafePointer<CChar>?
        guard unsafe natsMsgHeader_Get(message, name, &value) == NATS_OK else { return nil }
        return unsafe value.map { unsafe String(cString: $0) }
    }
}
