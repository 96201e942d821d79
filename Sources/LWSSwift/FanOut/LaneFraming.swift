/// How the messages of a lane lie in its log: what goes around their bytes.
///
/// A message is one *frame*, or several when it is longer than a frame may be. A frame never spans two slabs. In a lane of
/// WebSocket connections it is never torn between two writes that something else could come between; an event may be, since
/// nothing does.
///
/// An enumeration rather than a protocol, so that a log is not generic over it.
enum LaneFraming {
    /// The frames of a WebSocket server: not masked (RFC 6455 sections 5.1 and 5.2).
    case webSocket
    /// Events, one behind the other.
    case events(EventFraming)

    /// What part of a message a frame carries.
    struct Part {
        let kind: WebSocketMessage.Kind
        /// The message was deflated before it was cut into frames (RFC 7692 section 6.1).
        let isCompressed: Bool
        var isFirst = true
        var isLast = true
    }

    /// Lends the bytes that are cut into frames: of an event, all but its end.
    ///
    /// - Parameters:
    ///   - prefix: goes before `bytes` in a text; a binary message is never altered.
    ///   - number: of a publication; nil for what is none.
    ///   - event: how an event is called.
    @inline(__always)
    func withPayload<Result>(
        _ kind: WebSocketMessage.Kind,
        prefix: String,
        _ bytes: RawSpan,
        number: UInt64?,
        event: String,
        _ body: (FramePayload) -> Result
    ) -> Result {
        unsafe prefix.utf8.span.withUnsafeBytes { prefix in
            unsafe bytes.withUnsafeBytes { bytes in
                let prefix = unsafe kind == .text ? prefix : UnsafeRawBufferPointer(start: nil, count: 0)
                switch self {
                case .webSocket: return unsafe body(FramePayload(prefix: prefix, bytes: bytes))
                case .events(let framing):
                    return unsafe framing.withPayload(kind, number: number, name: event, prefix: prefix, bytes, body)
                }
            }
        }
    }

    /// The most bytes of a message that one frame carries, which fill a slab with what goes around them; a longer message is
    /// cut, so that a pong never waits for all of it (RFC 6455 section 5.4).
    var maximumPayloadBytes: Int {
        switch self {
        case .webSocket: SlabPool.slabBytes - ServerFrame.headerBytes(SlabPool.slabBytes)
        case .events: SlabPool.slabBytes - EventFraming.end.utf8CodeUnitCount
        }
    }

    /// How long a frame is that carries `count` bytes of a message.
    @inline(__always)
    func frameBytes(_ count: Int, isLast: Bool) -> Int {
        switch self {
        case .webSocket: ServerFrame.headerBytes(count) + count
        case .events: count + (isLast ? EventFraming.end.utf8CodeUnitCount : 0)
        }
    }

    /// Writes a frame to memory that has room for it.
    @inline(__always)
    func write(_ part: Part, _ payload: FramePayload, to memory: UnsafeMutableRawPointer) {
        switch self {
        case .webSocket:
            let opcode: FrameEncoder.Opcode = !part.isFirst ? .continuation : part.kind == .text ? .text : .binary
            unsafe ServerFrame.writeHeader(
                opcode,
                isFinal: part.isLast,
                isCompressed: part.isFirst && part.isCompressed,
                payload.count,
                to: memory
            )
            unsafe payload.copy(to: memory + ServerFrame.headerBytes(payload.count))
        case .events:
            unsafe payload.copy(to: memory)
            guard part.isLast else { return }
            unsafe (memory + payload.count).copyMemory(
                from: EventFraming.end.utf8Start,
                byteCount: EventFraming.end.utf8CodeUnitCount
            )
        }
    }
}
