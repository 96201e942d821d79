/// The history of a group on one loop: the records, and what was made of them for members that come back. Confined to the
/// loop's thread.
final class ShardHistory {
    private let loop: ServiceLoop
    private let epoch: UInt64
    private let limits: BroadcastGroup.History
    private var log: RecordLog {
        @inline(__always) _read { yield unsafe uncheckedLog }
        @inline(__always) _modify { yield unsafe &uncheckedLog }
    }
    /// Not checked at run time for overlapping accesses, which takes longer than what a message does here: one thread uses
    /// it, and nothing that the log calls leads back here.
    @exclusivity(unchecked) private var uncheckedLog: RecordLog
    /// By encoding, compressed members reading the plain one; nil where nobody came back in the last seconds.
    private var backlogs: [Backlog?]
    /// All that somebody may still read.
    private var made: [WeakBacklog] = []
    private var timer: LoopTimer?
    /// On the home loop, which counts what all loops share.
    private let counter: SharedCounter?
    private var counted = 0
    /// Is given what was appended in a turn, at its end, on the home loop; with the number of the last publication, and that of
    /// the oldest that is kept.
    var tap: ((_ records: [BroadcastRecord.Stored], _ last: UInt64, _ oldest: UInt64?) -> Void)?
    /// What was appended in this turn, as long as there is a tap.
    private var untapped: [BroadcastRecord.Stored] = []
    private var isTapping = false
    private var lastTapped: UInt64 = 0

    /// How long what was made for one that came back is kept for others: after a restart all come at once.
    private static let linger: UInt64 = 5_000
    /// What may be held of what was made, if it is more than ``backlogShare`` times what is in use.
    private static let backlogBytes = 8 << 20
    private static let backlogShare = 4

    private struct WeakBacklog {
        weak var backlog: Backlog?
    }

    init(_ loop: ServiceLoop, _ configuration: BroadcastGroup.Configuration, counter: SharedCounter?) {
        self.loop = loop
        epoch = configuration.epoch
        limits = configuration.history
        unsafe uncheckedLog = RecordLog(configuration.history, after: configuration.lastNumber)
        backlogs = Array(repeating: nil, count: configuration.formats * LaneEncoding.Kind.count)
        self.counter = counter
    }

    deinit {
        account(0)
    }

    // MARK: Records

    /// The last one; nil when there is none.
    var last: BroadcastRecord.Stored? { log.records.last }

    /// The number of the oldest one; nil when there is none.
    var oldest: UInt64? { log.records.first?.number }
    var count: Int { log.count }

    /// Makes a record, on the home loop.
    func append(
        _ message: BorrowedMessage,
        at place: BroadcastContext,
        _ envelope: BroadcastEnvelope,
        tag: BroadcastGroup.SessionTag?
    ) {
        let number = place.position.number
        log.append(message, number: number, time: place.time, envelope, tag: tag)
        account(log.byteCount)
        if tap != nil { noteForTap(number) }
    }

    private func noteForTap(_ number: UInt64) {
        lastTapped = number
        if !isTapping {
            isTapping = true
            loop.unrelayed.append { [self] in
                isTapping = false
                let records = untapped
                untapped = []
                tap?(records, lastTapped, oldest)
            }
        }
        // One that is larger than the whole history may be is not kept, and so not written down.
        if let record = last, record.number == number { untapped.append(record) }
    }

    /// Takes in what was written down before.
    func restore(_ record: BroadcastRecord, in envelope: BroadcastEnvelope) {
        let number = record.position.number
        log.append(record.message.borrowed, number: number, time: record.time, envelope, tag: record.tag)
        account(log.byteCount)
    }

    /// Takes over a record of the home loop; nil for a publication that was too large to be kept there.
    ///
    /// - Parameter number: of that publication.
    func append(_ record: BroadcastRecord.Stored?, number: UInt64) {
        guard let record else { return log.removeAll(upTo: number) }
        log.append(record)
    }

    func trim() {
        log.trim(loop.wallTime)
        account(log.byteCount)
    }

    func removeAll() {
        log.removeAll()
        account(0)
    }

    private func account(_ byteCount: Int) {
        guard let counter, byteCount != counted else { return }
        counter.add(byteCount - counted)
        limits.budget?.add(byteCount - counted)
        counted = byteCount
    }

    func records(after number: UInt64) -> some BidirectionalCollection<BroadcastRecord.Stored> {
        trim()
        return log.records(after: number)
    }

    func records(before number: UInt64) -> some BidirectionalCollection<BroadcastRecord.Stored> {
        trim()
        return log.records(before: number)
    }

    // MARK: Coming back

    /// What a replay would come to now.
    ///
    /// - Parameter last: the number of the last publication that has its place here.
    func resumption(of replay: BroadcastGroup.Replay, last: UInt64) -> BroadcastGroup.Resumption {
        trim()
        return log.resumption(of: replay, epoch: epoch, last: last)
    }

    /// What a member that joins now is to read before its place in the log, and what is missing.
    ///
    /// - Parameter last: the number of the last publication that has its place here.
    func resume(
        _ replay: BroadcastGroup.Replay,
        _ encoding: LaneEncoding,
        _ framing: LaneFraming,
        leavingOut tag: BroadcastGroup.SessionTag?,
        last: UInt64
    ) -> (reader: ReplayReader?, resumption: BroadcastGroup.Resumption) {
        let resumption = resumption(of: replay, last: last)
        let after = resumption.start.number
        guard after < last else { return (nil, resumption) }
        let backlog = backlog(encoding, framing, after: after, last: last)
        return (ReplayReader(backlog, frames: backlog.frames(after: after), leavingOut: tag), resumption)
    }

    /// The frames of everything behind a publication.
    private func backlog(_ encoding: LaneEncoding, _ framing: LaneFraming, after: UInt64, last: UInt64) -> Backlog {
        let index = LaneEncoding(format: encoding.format, encoding.kind == .events ? .events : .plain).index
        let old = backlogs[index]
        let oldest = log.records.first?.number ?? last + 1
        let made: Backlog
        // One that is held by slow readers must not grow with all that is ever sent.
        if let old, old.after <= after, old.last + 1 >= oldest, old.byteCount <= 2 * limits.maximumBytes {
            made = old
        } else {
            // Who comes next may have been away for longer: twice as long each time, so that it is not made often.
            let length = max(last - after, old.map { 2 * (last - $0.after) } ?? 0)
            made = Backlog(
                format: encoding.format,
                framing: framing,
                after: max(oldest - 1, last - min(length, last))
            )
        }
        made.append(log.records(after: made.last), epoch: epoch)
        if made !== old {
            self.made.removeAll { $0.backlog == nil }
            self.made.append(WeakBacklog(backlog: made))
        }
        backlogs[index] = made
        startTimer()
        return made
    }

    /// Slow readers hold more of what was made for them than they should.
    var hasTooManyBacklogs: Bool {
        let held = made.reduce(0) { $0 + ($1.backlog?.byteCount ?? 0) }
        guard held > Self.backlogBytes else { return false }
        return held > Self.backlogShare * backlogs.reduce(0) { $0 + ($1?.byteCount ?? 0) }
    }

    /// It is held by those who read it only.
    func isOutdated(_ backlog: Backlog) -> Bool {
        !backlogs.contains { $0 === backlog }
    }

    private func startTimer() {
        guard timer == nil, !loop.isShuttingDown else { return }
        timer = LoopTimer(loop, milliseconds: Self.linger) { [weak self] in
            guard let self else { return }
            timer = nil
            backlogs = backlogs.map { _ in nil }
        }
    }
}
