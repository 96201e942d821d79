/// A publication as a group's history keeps it: what any form of it can be made of, at any time.
public struct BroadcastRecord: Sendable {
    /// Its place in the order.
    public let position: BroadcastGroup.Position
    /// When it got that, in milliseconds since 1970-01-01 00:00 UTC.
    public let time: Int64
    public let message: WebSocketMessage
    /// What it was sent in; nil for one that all got as it was.
    public let envelope: BroadcastEnvelope?
    /// Who it was from.
    public let tag: BroadcastGroup.SessionTag?

    public init(
        position: BroadcastGroup.Position,
        time: Int64,
        message: WebSocketMessage,
        envelope: BroadcastEnvelope? = nil,
        tag: BroadcastGroup.SessionTag? = nil
    ) {
        self.position = position
        self.time = time
        self.message = message
        self.envelope = envelope
        self.tag = tag
    }

    /// A record whose bytes lie in a block that it shares with others.
    struct Stored: Sendable {
        let number: UInt64
        let time: Int64
        let envelope: BroadcastEnvelope
        let tag: BroadcastGroup.SessionTag?
        let kind: WebSocketMessage.Kind
        let block: RecordBlock
        let range: Range<Int>

        /// Lends the message for a call.
        func withMessage<Result>(_ body: (BorrowedMessage) -> Result) -> Result {
            block.withBytes(range) { body(BorrowedMessage(uncheckedKind: kind, bytes: $0)) }
        }
    }
}

/// Memory that the bytes of several records lie in, one behind the other.
///
/// Reason for the unchecked conformance: only the first loop of a group writes, each byte once, before it hands the record
/// to another loop by way of that one's job queue; afterwards all only read it.
@safe
final class RecordBlock: @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer
    let capacity: Int
    /// Of the first loop.
    private(set) var byteCount = 0

    init(capacity: Int) {
        unsafe memory = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    deinit {
        unsafe memory.deallocate()
    }

    /// Takes in the bytes of a message, for which there has to be room.
    func append(_ bytes: RawSpan) -> Range<Int> {
        let range = byteCount..<(byteCount + bytes.byteCount)
        precondition(range.upperBound <= capacity)
        unsafe bytes.withUnsafeBytes { bytes in
            if let source = bytes.baseAddress {
                unsafe (memory + range.lowerBound).copyMemory(from: source, byteCount: bytes.count)
            }
        }
        byteCount = range.upperBound
        return range
    }

    func withBytes<Result>(_ range: Range<Int>, _ body: (RawSpan) -> Result) -> Result {
        let bytes = unsafe UnsafeRawBufferPointer(start: memory + range.lowerBound, count: range.count)
        return unsafe body(bytes.bytes)
    }
}
