internal import DequeModule

/// Frames, or the bytes of events, that wait to be written, in segments that hold whole frames and are as large as one write
/// may be.
///
/// Each write holds whole frames, so that a control frame may go between any two; a message larger than a segment is cut
/// into fragments for the same reason (RFC 6455 section 5.4): a pong never waits for a long message.
///
/// While a message is streamed, which is one whose end is not known yet, everything else waits in a second line, behind it:
/// nothing but control frames may come between the fragments of a message.
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

    /// Segments in the order in which they are written.
    private struct Line {
        var segments: Deque<Segment> = []

        /// Appends one frame; gives how many bytes it takes.
        mutating func append(
            _ opcode: FrameEncoder.Opcode,
            isFinal: Bool,
            isCompressed: Bool,
            _ payload: UnsafeRawBufferPointer,
            behind marks: [Mark],
            maskingKey: UInt32?
        ) -> Int {
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
            return segments[last].bytes.count - before
        }

        /// Appends bytes that may be cut anywhere.
        mutating func append(_ bytes: UnsafeRawBufferPointer, behind marks: [Mark]) {
            var rest = unsafe bytes
            repeat {
                let count = min(rest.count, ServiceLoop.writeBytes)
                if !hasRoom(for: count, behind: marks) { segments.append(Segment(marks: marks)) }
                unsafe segments[segments.count - 1].bytes.append(contentsOf: rest.prefix(count))
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            } while unsafe !rest.isEmpty
        }

        private func hasRoom(for count: Int, behind marks: [Mark]) -> Bool {
            guard let last = segments.last else { return false }
            return last.bytes.count + count <= ServiceLoop.writeBytes && last.marks == marks
        }
    }

    /// A message that is streamed. Rare, and so not a part of each connection.
    private final class Stream {
        let kind: WebSocketMessage.Kind
        /// Fragments of it were queued, and the last was not.
        var hasBegun = false
        /// What waits for its end.
        var behind = Line()
        var byteCountBehind = 0

        init(_ kind: WebSocketMessage.Kind) {
            self.kind = kind
        }
    }

    private var line = Line()
    private var stream: Stream?
    /// Pings and pongs, which go ahead of everything that waits. What a peer can make of them is bounded by one read of its
    /// pings, since while the socket is full nothing is read from it.
    private(set) var urgent: [UInt8] = []
    /// Bytes that wait, headers included.
    private(set) var byteCount = 0

    /// Nothing waits, and no message is streamed whose next fragment may come at any time.
    var isEmpty: Bool { line.segments.isEmpty && urgent.isEmpty && stream == nil }
    /// What is written next.
    var first: Segment? { line.segments.first }

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
        let count: Int
        if let stream {
            count = unsafe stream.behind.append(
                opcode,
                isFinal: isFinal,
                isCompressed: isCompressed,
                payload,
                behind: marks,
                maskingKey: maskingKey
            )
            stream.byteCountBehind += count
        } else {
            count = unsafe line.append(
                opcode,
                isFinal: isFinal,
                isCompressed: isCompressed,
                payload,
                behind: marks,
                maskingKey: maskingKey
            )
        }
        byteCount += count
    }

    /// Appends bytes of an event stream, or nothing: a place behind others that has to be come to.
    mutating func append(_ bytes: UnsafeRawBufferPointer, behind marks: [Mark]) {
        unsafe line.append(bytes, behind: marks)
        byteCount += bytes.count
    }

    /// Appends a ping or pong ahead of the messages.
    mutating func appendUrgent(_ opcode: FrameEncoder.Opcode, _ payload: [UInt8], maskingKey: UInt32?) {
        unsafe payload.withUnsafeBytes { unsafe FrameEncoder.append(opcode, $0, maskingKey: maskingKey, to: &urgent) }
    }

    /// Takes out the pings and pongs that were written.
    mutating func removeUrgent() {
        urgent = []
    }

    // MARK: Streamed messages

    /// A message is streamed: what is appended from now on waits for its end.
    var isStreaming: Bool { stream != nil }
    /// A fragment of it was queued already.
    var hasBegunStream: Bool { stream?.hasBegun ?? false }
    /// Bytes that wait for its end.
    var byteCountBehindStream: Int { stream?.byteCountBehind ?? 0 }

    /// Begins a message, whose fragments follow.
    mutating func beginStream(_ kind: WebSocketMessage.Kind) {
        precondition(stream == nil, "One message can be streamed at a time.")
        stream = Stream(kind)
    }

    /// Appends the next fragment of the message that is streamed; the last one ends it.
    ///
    /// - Parameter marks: of the first fragment. Nothing goes before the others, since they follow the first.
    mutating func appendFragment(
        _ payload: UnsafeRawBufferPointer,
        isFinal: Bool,
        behind marks: [Mark] = [],
        maskingKey: UInt32?
    ) {
        guard let stream else { preconditionFailure("No message is streamed.") }
        let opcode: FrameEncoder.Opcode = stream.hasBegun ? .continuation : stream.kind == .text ? .text : .binary
        stream.hasBegun = true
        byteCount += unsafe line.append(
            opcode,
            isFinal: isFinal,
            isCompressed: false,
            payload,
            behind: marks,
            maskingKey: maskingKey
        )
        if isFinal { endStream() }
    }

    /// Ends the streaming in the middle of the message. What waits for its end is dropped if a fragment was queued, since
    /// nothing but a close frame may follow that; else it follows what is queued.
    mutating func abandonStream() {
        guard let stream else { return }
        if stream.hasBegun {
            byteCount -= stream.byteCountBehind
            self.stream = nil
        } else {
            endStream()
        }
    }

    private mutating func endStream() {
        guard let stream else { return }
        line.segments.append(contentsOf: stream.behind.segments)
        self.stream = nil
    }

    // MARK: Taking out

    /// Takes out the segment that was written.
    mutating func removeFirst() {
        byteCount -= line.segments.removeFirst().bytes.count
        // An idle connection must not keep the storage of its busiest moment.
        if line.segments.isEmpty { line.segments = [] }
    }

    mutating func removeAll() {
        line.segments = []
        stream = nil
        urgent = []
        byteCount = 0
    }
}
