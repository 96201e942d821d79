/// How the messages of a lane lie in its log: what goes around their bytes.
///
/// A message is one *frame*, or several when it is longer than a frame may be. A frame is never torn between two writes that
/// something else could come between, and never spans two slabs.
///
/// An enumeration rather than a protocol, so that a log is not generic over it: with one case nothing is decided at run time.
enum LaneFraming {
    /// The frames of a WebSocket server: not masked (RFC 6455 sections 5.1 and 5.2).
    case webSocket

    /// What part of a message a frame carries.
    struct Part {
        let kind: WebSocketMessage.Kind
        /// The message was deflated before it was cut into frames (RFC 7692 section 6.1).
        let isCompressed: Bool
        var isFirst = true
        var isLast = true
    }

    /// The most bytes of a message that one frame carries, which fill a slab with what goes around them; a longer message is
    /// cut, so that a pong never waits for all of it (RFC 6455 section 5.4).
    var maximumPayloadBytes: Int {
        switch self {
        case .webSocket: SlabPool.slabBytes - ServerFrame.headerBytes(SlabPool.slabBytes)
        }
    }

    /// How long a frame is that carries `count` bytes of a message.
    @inline(__always)
    func frameBytes(_ count: Int) -> Int {
        switch self {
        case .webSocket: ServerFrame.headerBytes(count) + count
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
        }
    }
}
