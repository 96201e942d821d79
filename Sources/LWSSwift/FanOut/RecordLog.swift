internal import DequeModule

/// What one loop has of a group's history: records of what was sent, in order, whose bytes the loops share. The first loop
/// makes them, the others take over what is relayed. Confined to the loop's thread.
struct RecordLog {
    /// A record as it is kept: without a reference of its own, since one message in and one out would count each twice, and
    /// small, since what is written and left again comes out of the processor's cache.
    private struct Entry {
        let number: UInt64
        let time: Int64
        /// Counted from the first one that there ever was, as far as the bits go.
        let chapter: UInt32
        /// Among the envelopes of the chapter.
        let envelope: UInt32
        let start: UInt32
        let count: UInt32
        let tag: BroadcastGroup.SessionTag?
        let kind: WebSocketMessage.Kind
    }

    /// Records whose bytes lie in the same block, and what they were sent in.
    private struct Chapter {
        let block: RecordBlock
        private(set) var envelopes: ContiguousArray<BroadcastEnvelope> = []
        private var identities: ContiguousArray<ObjectIdentifier> = []
        /// Those that are still kept.
        private(set) var recordCount = 0
        private var totalCount = 0

        init(_ block: RecordBlock) {
            self.block = block
        }

        mutating func addRecord() {
            recordCount += 1
            totalCount += 1
        }

        mutating func removeRecord() {
            recordCount -= 1
        }

        /// Among how many envelopes one is looked for that came before: as many as usually talk at a time.
        private static let searched = 32
        /// What is said in more of them, or in more messages, goes on in another chapter, so that the envelopes of what is not
        /// kept any more go.
        private static let most = (envelopes: 64, records: 1_024)

        /// Whether it is not to be written on.
        var isFull: Bool { envelopes.count >= Self.most.envelopes || totalCount >= Self.most.records }
        /// What the envelopes take but the first, which is one of somebody who is there, as a rule.
        var overhead: Int { max(envelopes.count - 1, 0) * RecordLog.envelopeOverhead }

        /// Holds an envelope as long as the chapter is there, and gives its place.
        mutating func hold(_ envelope: BroadcastEnvelope) -> Int {
            let identity = ObjectIdentifier(envelope)
            let first = max(0, identities.count - Self.searched)
            var index = identities.count - 1
            while index >= first {
                if identities[index] == identity { return index }
                index -= 1
            }
            envelopes.append(envelope)
            identities.append(identity)
            return envelopes.count - 1
        }
    }

    private let limits: BroadcastGroup.History
    private let maximumAge: Int64
    private var entries: Deque<Entry> = []
    private var chapters: Deque<Chapter> = []
    private var firstChapter: UInt32 = 0
    /// The bytes of the messages, ``overhead`` for each, and what envelopes take that stand around few of them.
    private(set) var byteCount = 0
    /// The last publication that is not kept any more, or never was; one before the first.
    private var gone: UInt64
    /// When the last chapter was begun, on the first loop.
    private var chapterTime: Int64 = 0

    /// About what a record takes beside the bytes of its message.
    static let overhead = 64
    /// About what an envelope takes.
    private static let envelopeOverhead = 512
    /// Larger than any message that somebody would have kept; its numbers have 32 bits.
    static let largestRecord = Int(Int32.max)
    private static let blockBytes = (smallest: 1 << 10, largest: 64 << 10)
    /// A block that has filled in less time, in milliseconds, is followed by a larger one; in more, by a smaller one.
    private static let fillingTime: (short: Int64, long: Int64) = (10_000, 600_000)

    /// - Parameter number: of the last publication before the first that may be kept.
    init(_ limits: BroadcastGroup.History, after number: UInt64 = 0) {
        self.limits = limits
        gone = number
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
        let count = message.bytes.byteCount
        // There would be nothing else left either.
        guard limits.keeps(byteCount: count) else { return removeAll(upTo: number) }
        if !hasRoom(for: count) {
            begin(RecordBlock(capacity: max(count, nextCapacity(time))))
            chapterTime = time
        }
        let range = chapters[chapters.count - 1].block.append(message.bytes)
        append(number, time, tag, message.kind, range, envelope)
    }

    /// Takes in what the first loop has made.
    mutating func append(_ record: BroadcastRecord.Stored) {
        if chapters.last?.block !== record.block { begin(record.block) }
        append(record.number, record.time, record.tag, record.kind, record.range, record.envelope)
    }

    @inline(__always)
    private mutating func append(
        _ number: UInt64,
        _ time: Int64,
        _ tag: BroadcastGroup.SessionTag?,
        _ kind: WebSocketMessage.Kind,
        _ range: Range<Int>,
        _ envelope: BroadcastEnvelope
    ) {
        let last = chapters.count - 1
        chapters[last].addRecord()
        let overhead = chapters[last].overhead
        let place = chapters[last].hold(envelope)
        byteCount += chapters[last].overhead - overhead
        entries.append(
            Entry(
                number: number,
                time: time,
                chapter: firstChapter &+ UInt32(last),
                envelope: UInt32(place),
                start: UInt32(range.lowerBound),
                count: UInt32(range.count),
                tag: tag,
                kind: kind
            )
        )
        byteCount += range.count + Self.overhead
        trim(time)
    }

    /// Whether the last chapter is to take one more message.
    private func hasRoom(for count: Int) -> Bool {
        let last = chapters.count - 1
        guard last >= 0, !chapters[last].isFull else { return false }
        return chapters[last].block.byteCount + count <= chapters[last].block.capacity
    }

    private mutating func begin(_ block: RecordBlock) {
        // Nothing of it is kept: it held only what was too large.
        if let last = chapters.last, last.recordCount == 0 {
            byteCount -= last.overhead
            chapters.removeLast()
        }
        chapters.append(Chapter(block))
    }

    private func nextCapacity(_ time: Int64) -> Int {
        guard let block = chapters.last?.block else { return Self.blockBytes.smallest }
        let change = time - chapterTime
        if change < Self.fillingTime.short { return min(4 * block.capacity, Self.blockBytes.largest) }
        return change < Self.fillingTime.long
            ? min(block.capacity, Self.blockBytes.largest) : max(block.capacity / 4, Self.blockBytes.smallest)
    }

    // MARK: Letting go

    /// Lets go of what is over a limit at `time`.
    mutating func trim(_ time: Int64) {
        while isOverLimit(time) { removeFirst() }
        if entries.isEmpty { removeAll() }
    }

    private func isOverLimit(_ time: Int64) -> Bool {
        guard !entries.isEmpty else { return false }
        return entries.count > limits.maximumMessages || byteCount > limits.maximumBytes
            || time - entries[0].time > maximumAge
    }

    private mutating func removeFirst() {
        let entry = entries.removeFirst()
        gone = entry.number
        byteCount -= Int(entry.count) + Self.overhead
        chapters[0].removeRecord()
        // The last one is written on.
        guard chapters[0].recordCount == 0, chapters.count > 1 else { return }
        byteCount -= chapters.removeFirst().overhead
        firstChapter &+= 1
    }

    /// - Parameter number: of the last publication that is let go; nil for the last that is kept.
    mutating func removeAll(upTo number: UInt64? = nil) {
        gone = max(gone, number ?? entries.last?.number ?? 0)
        entries = []
        firstChapter &+= UInt32(chapters.count)
        chapters = []
        byteCount = 0
    }

    // MARK: Looking up

    var count: Int { entries.count }

    /// What is kept, from the oldest to the latest.
    var records: some BidirectionalCollection<BroadcastRecord.Stored> { entries.lazy.map(record) }

    private func record(_ entry: Entry) -> BroadcastRecord.Stored {
        let chapter = chapters[Int(entry.chapter &- firstChapter)]
        return BroadcastRecord.Stored(
            number: entry.number,
            time: entry.time,
            envelope: chapter.envelopes[Int(entry.envelope)],
            tag: entry.tag,
            kind: entry.kind,
            block: chapter.block,
            range: Int(entry.start)..<Int(entry.start + entry.count)
        )
    }

    /// What is kept behind a number.
    func records(after number: UInt64) -> some BidirectionalCollection<BroadcastRecord.Stored> {
        entries[firstIndex { $0 > number }...].lazy.map(record)
    }

    /// What is kept before a number.
    func records(before number: UInt64) -> some BidirectionalCollection<BroadcastRecord.Stored> {
        entries[..<firstIndex { $0 >= number }].lazy.map(record)
    }

    /// The first record of which `isBehind` holds, as of all later ones.
    private func firstIndex(_ isBehind: (UInt64) -> Bool) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(entries[middle].number) { high = middle } else { low = middle + 1 }
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
        let oldest = limits.hasHoles ? gone : entries.first.map { $0.number - 1 } ?? last
        switch replay {
        case .everything: return (oldest, nil)
        case .last(let count):
            let first = entries.suffix(max(count, 0)).first
            return (first.map { $0.number - 1 } ?? last, nil)
        case .after(let position):
            guard position.epoch == epoch else { return (oldest, .otherEpoch) }
            guard position.number <= last else { return (last, .ahead) }
            guard position.number < oldest else { return (position.number, nil) }
            return (oldest, .expired(count: limits.hasHoles ? .max : oldest - position.number))
        }
    }
}
