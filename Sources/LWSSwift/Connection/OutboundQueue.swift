internal import DequeModule

/// Frames that wait to be written, in segments that hold whole frames and are as large as one write may be.
///
/// Each write holds whole frames, so that a control frame may go between any two; a message larger than a segment is cut
/// into fragments for the same reason (RFC 6455 section 5.4): a pong never waits for a long message.
struct OutboundQueue {
    /// A place in the log of a group whose messages up to there go before a segment.
    struct Mark: Equatable {
        let member: BroadcastMember
        let position: LogPosition

        static func == (left: Mark, right: Mark) -> Bool {
            left.member === right.member && left.position == right.position
        }
    }

    struct Segment {
        var bytes: [UInt8] = []
        /// What goes before it; empty for connections that are in no group, or have all of its messages.
        let marks: [Mark]
    }

    private var segments: Deque<Segment> = []
    /// Pings and pongs, which go ahead of everything that waits. What a peer can make of them is bounded by one read of its
    /// pings, since while the socket is full nothing is read from it.
    private(set) var urgent: [UInt8] = []
    /// Bytes that wait, headers included.
    private(set) var byteCount = 0

    var isEmpty: Bool { segments.isEmpty && urgent.isEmpty }
    var first: Segment? { segments.first }

    /// Bytes a message takes in the queue, to compare with a limit.
    static func size(ofPayload count: Int) -> Int {
        count + (1 + count / maximumFragmentBytes) * FrameEncoder.maximumHeaderBytes
    }

    /// The largest fragment, so that it and its header fit one segment.
    static let maximumFragmentBytes = 64 << 10

    /// Appends a message, framed; `keys` gives a masking key for each frame of a client.
    mutating func append(_ message: BorrowedMessage, behind marks: [Mark] = [], keys: () -> UInt32?) {
        let kind = message.kind
        unsafe message.bytes.withUnsafeBytes { unsafe append(kind, $0, behind: marks, keys: keys) }
    }

    /// Appends a message, framed, whose payload may be compressed.
    mutating func append(
        _ kind: WebSocketMessage.Kind,
        isCompressed: Bool = false,
        _ payload: UnsafeRawBufferPointer,
        behind marks: [Mark] = [],
        keys: () -> UInt32?
    ) {
        var opcode: FrameEncoder.Opcode = kind == .text ? .text : .binary
        var start = 0
        repeat {
            let end = min(start + Self.maximumFragmentBytes, payload.count)
            unsafe append(
                opcode,
                isFinal: end == payload.count,
                isCompressed: isCompressed && start == 0,
                UnsafeRawBufferPointer(rebasing: payload[start..<end]),
                behind: marks,
                maskingKey: keys()
            )
            opcode = .continuation
            start = end
        } while start < payload.count
    }

    /// Appends one frame.
    mutating func append(
        _ opcode: FrameEncoder.Opcode,
        isFinal: Bool = true,
        isCompressed: Bool = false,
        _ payload: UnsafeRawBufferPointer,
        behind marks: [Mark] = [],
        maskingKey: UInt32?
    ) {
        let frameBytes = payload.count + FrameEncoder.maximumHeaderBytes
        if !hasRoom(for: frameBytes, behind: marks) {
            segments.append(Segment(marks: marks))
            segments[segments.count - 1].bytes.reserveCapacity(frameBytes)
        }
        let last = segments.count - 1
        let before = segments[last].bytes.count
        unsafe FrameEncoder.append(
            opcode,
            isFinal: isFinal,
            isCompressed: isCompressed,
            payload,
            maskingKey: maskingKey,
            to: &segments[last].bytes
        )
        byteCount += segments[last].bytes.count - before
    }

    /// Appends a ping or pong ahead of the messages.
    mutating func appendUrgent(_ opcode: FrameEncoder.Opcode, _ payload: [UInt8], maskingKey: UInt32?) {
        unsafe payload.withUnsafeBytes { unsafe FrameEncoder.append(opcode, $0, maskingKey: maskingKey, to: &urgent) }
    }

    /// Takes out the pings and pongs that were written.
    mutating func removeUrgent() {
        urgent = []
    }

    private func hasRoom(for count: Int, behind marks: [Mark]) -> Bool {
        guard let last = segments.last else { return false }
        return last.bytes.count + count <= ServiceLoop.writeBytes && last.marks == marks
    }

    /// Takes out the segment that was written.
    mutating func removeFirst() {
        byteCount -= segments.removeFirst().bytes.count
        // An idle connection must not keep the storage of its busiest moment.
        if segments.isEmpty { segments = [] }
    }

    mutating func removeAll() {
        segments = []
        urgent = []
        byteCount = 0
    }
}
