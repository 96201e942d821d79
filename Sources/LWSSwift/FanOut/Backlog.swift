internal import Glibc

/// A stretch of a group's history in the frames of one format and kind of member: made once for all members that come back, each of which reads
/// a part of it (``ReplayReader``) before its place in the log. Always plain: compressed members read it too (RFC 7692 section
/// 6 leaves that to each message). Confined to the loop's thread.
@safe
final class Backlog {
    /// A frame of a message; all but the largest have one.
    struct Frame {
        /// Where it begins in the bytes.
        let start: Int
        let number: UInt64
        let tag: BroadcastGroup.SessionTag?
        /// It goes on with the message of the frame before it.
        let continuesMessage: Bool
    }

    private let format: Int
    private let framing: LaneFraming
    /// It has every publication behind this one, up to ``last``.
    let after: UInt64
    private(set) var last: UInt64
    private(set) var frames: ContiguousArray<Frame> = []
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0
    private(set) var byteCount = 0

    init(format: Int, framing: LaneFraming, after number: UInt64) {
        self.format = format
        self.framing = framing
        after = number
        last = number
    }

    deinit {
        unsafe memory?.deallocate()
    }

    /// Appends the publications behind those it has.
    func append(_ records: some Collection<BroadcastRecord.Stored>, epoch: UInt64) {
        for record in records where record.number > last {
            last = record.number
            let context = BroadcastContext(epoch: epoch, number: record.number, time: record.time)
            record.withMessage { message in
                _ = record.envelope.apply(format, to: message, in: context) { form, made in
                    framing.withPayload(
                        made.kind,
                        prefix: form.prefix,
                        made.bytes,
                        number: record.number,
                        event: form.event(for: message.kind)
                    ) { append($0, made.kind, of: record) }
                }
            }
        }
    }

    private func append(_ whole: FramePayload, _ kind: WebSocketMessage.Kind, of record: BroadcastRecord.Stored) {
        var rest = whole
        var part = LaneFraming.Part(kind: kind, isCompressed: false)
        repeat {
            let payload = rest.removeFirst(min(rest.count, framing.maximumPayloadBytes))
            part.isLast = rest.count == 0
            frames.append(
                Frame(start: byteCount, number: record.number, tag: record.tag, continuesMessage: !part.isFirst)
            )
            unsafe framing.write(part, payload, to: room(for: framing.frameBytes(payload.count, isLast: part.isLast)))
            part.isFirst = false
        } while !part.isLast
    }

    /// Takes room behind the last frame.
    private func room(for count: Int) -> UnsafeMutableRawPointer {
        let start = byteCount
        byteCount += count
        if byteCount > capacity { grow() }
        guard let memory = unsafe memory else { preconditionFailure("There is room for a frame.") }
        return unsafe memory + start
    }

    private func grow() {
        capacity = max(byteCount, 2 * capacity, 1 << 10)
        guard let grown = unsafe realloc(memory, capacity) else { preconditionFailure("There is no memory left.") }
        unsafe memory = grown
    }

    // MARK: Reading

    /// Valid until the backlog is appended to.
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: memory.map { unsafe $0 + range.lowerBound }, count: range.count)
    }

    func end(ofFrame index: Int) -> Int {
        index + 1 < frames.count ? frames[index + 1].start : byteCount
    }

    /// The frames of what is behind a publication.
    func frames(after number: UInt64) -> Range<Int> {
        var (low, high) = (0, frames.count)
        while low < high {
            let middle = (low + high) / 2
            if frames[middle].number <= number { low = middle + 1 } else { high = middle }
        }
        return low..<frames.count
    }
}
