internal import DequeModule

/// What one loop has of a group's history: records of what was sent, in order, whose bytes the loops share. The first loop
/// makes them, the others take over what is relayed. Confined to the loop's thread.
struct RecordLog {
    private let limits: BroadcastGroup.History
    private let maximumAge: Int64
    private(set) var records: Deque<BroadcastRecord.Stored> = []
    /// The bytes of the messages, and ``overhead`` for each.
    private(set) var byteCount = 0
    /// Where the next message goes, on the first loop.
    private var block: RecordBlock?
    private var blockTime: Int64 = 0

    /// About what a record takes beside the bytes of its message.
    static let overhead = 64
    private static let blockBytes = (smallest: 1 << 10, largest: 64 << 10)
    /// A block that has filled in less time, in milliseconds, is followed by a larger one; in more, by a smaller one.
    private static let fillingTime: (short: Int64, long: Int64) = (10_000, 600_000)

    init(_ limits: BroadcastGroup.History) {
        self.limits = limits
        maximumAge = limits.maximumAge.map { Int64(clamping: $0.milliseconds) } ?? .max
    }

    // MARK: Taking in

    /// Makes a record of a message, and takes it in.
    mutating func append(
        _ message: BorrowedMessage,
        number: UInt64,
        time: Int64,
        _ envelope: BroadcastEnvelope,
        tag: BroadcastGroup.SessionTag?
    ) {
        let block = block(for: message.bytes.byteCount, time)
        records.append(
            BroadcastRecord.Stored(
                number: number,
                time: time,
                envelope: envelope,
                tag: tag,
                kind: message.kind,
                block: block,
                range: block.append(message.bytes)
            )
        )
        byteCount += message.bytes.byteCount + Self.overhead
        trim(time)
    }

    /// Takes in what the first loop has made.
    mutating func append(_ record: BroadcastRecord.Stored) {
        records.append(record)
        byteCount += record.range.count + Self.overhead
        trim(record.time)
    }

    private mutating func block(for count: Int, _ time: Int64) -> RecordBlock {
        if let block, block.byteCount + count <= block.capacity { return block }
        let made = RecordBlock(capacity: max(count, nextCapacity(time)))
        block = made
        blockTime = time
        return made
    }

    private func nextCapacity(_ time: Int64) -> Int {
        guard let block else { return Self.blockBytes.smallest }
        let change = time - blockTime
        if change < Self.fillingTime.short { return min(4 * block.capacity, Self.blockBytes.largest) }
        return change < Self.fillingTime.long
            ? min(block.capacity, Self.blockBytes.largest) : max(block.capacity / 4, Self.blockBytes.smallest)
    }

    // MARK: Letting go

    /// Lets go of what is over a limit at `time`.
    mutating func trim(_ time: Int64) {
        while isOverLimit(time) { removeFirst() }
        if records.isEmpty { block = nil }
    }

    private func isOverLimit(_ time: Int64) -> Bool {
        guard !records.isEmpty else { return false }
        return records.count > limits.maximumMessages || byteCount > limits.maximumBytes
            || time - records[0].time > maximumAge
    }

    private mutating func removeFirst() {
        byteCount -= records.removeFirst().range.count + Self.overhead
    }

    mutating func removeAll() {
        records = []
        byteCount = 0
        block = nil
    }

    // MARK: Looking up

    /// What is kept behind a number.
    func records(after number: UInt64) -> Deque<BroadcastRecord.Stored>.SubSequence {
        records[firstIndex { $0 > number }...]
    }

    /// What is kept before a number.
    func records(before number: UInt64) -> Deque<BroadcastRecord.Stored>.SubSequence {
        records[..<firstIndex { $0 >= number }]
    }

    /// The first record of which `isBehind` holds, as of all later ones.
    private func firstIndex(_ isBehind: (UInt64) -> Bool) -> Int {
        var (low, high) = (0, records.count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(records[middle].number) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// What a replay comes to in a group whose last publication had the number `last`.
    func resumption(
        of replay: BroadcastGroup.Replay,
        epoch: UInt64,
        last: UInt64
    ) -> BroadcastGroup.Resumption {
        let (after, missing) = start(of: replay, epoch: epoch, last: last)
        return BroadcastGroup.Resumption(
            start: BroadcastGroup.Position(epoch: epoch, number: after),
            end: BroadcastGroup.Position(epoch: epoch, number: last),
            missing: missing
        )
    }

    private func start(
        of replay: BroadcastGroup.Replay,
        epoch: UInt64,
        last: UInt64
    ) -> (after: UInt64, missing: BroadcastGroup.Resumption.Missing?) {
        let oldest = records.first.map { $0.number - 1 } ?? last
        switch replay {
        case .everything: return (oldest, nil)
        case .last(let count):
            let first = records.suffix(max(count, 0)).first
            return (first.map { $0.number - 1 } ?? last, nil)
        case .after(let position):
            guard position.epoch == epoch else { return (oldest, .otherEpoch) }
            guard position.number <= last else { return (last, .ahead) }
            guard position.number < oldest else { return (position.number, nil) }
            return (oldest, .expired(count: oldest - position.number))
        }
    }
}
