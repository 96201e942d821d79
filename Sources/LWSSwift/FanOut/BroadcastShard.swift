/// The part of a group that lives on one loop: the members whose connections are there, in one lane for each encoding.
///
/// The group's order is made on its home loop. Messages from elsewhere go there first, and come back from there in order, a
/// batch a turn. Confined to the loop's thread.
final class BroadcastShard {
    let loop: ServiceLoop
    /// Whether the order of the group is made here.
    let isHome: Bool
    /// The number of the last message, on the home loop.
    var lastNumber: UInt64 = 0
    private let configuration: BroadcastGroup.Configuration
    private let maximumTime: UInt64?
    private let grace: UInt64
    /// By ``BroadcastGroup/Encoding``.
    private var lanes: [BroadcastLane] = []
    private var timer: LoopTimer?
    /// Members that publishers wait for.
    private var waitedFor = 0
    /// Publishers whose connections are not read from for that reason.
    private var pausedPublishers: [ConnectionCore] = []
    /// Tasks that wait for the same, on the home loop; nil when there are none.
    private var waitingTasks: WaitingPublishers?
    /// What goes to other loops at the end of the turn.
    var outbox = BroadcastOutbox()

    /// How often members that are apart are looked at, in milliseconds.
    private static let watchInterval: UInt64 = 100

    /// - Parameters:
    ///   - memberCounts: how many members all loops have, by encoding.
    ///   - lostMessages: counts what members of all loops were not sent.
    init(
        _ loop: ServiceLoop,
        _ configuration: BroadcastGroup.Configuration,
        isHome: Bool,
        memberCounts: [BroadcastLane.Counter],
        lostMessages: BroadcastLane.Counter
    ) {
        self.loop = loop
        self.isHome = isHome
        self.configuration = configuration
        maximumTime = configuration.slowMembers.maximumTimeBehind?.milliseconds
        grace = configuration.slowMembers.progressGrace.milliseconds
        lanes = memberCounts.map { BroadcastLane(self, count: $0, lostMessages: lostMessages) }
    }

    func lane(_ encoding: BroadcastGroup.Encoding) -> BroadcastLane { lanes[encoding.index] }

    // MARK: Messages

    /// Appends a message that was given its place on the home loop, in the forms that have members here.
    func append(_ message: SequencedMessage) {
        let excluded = message.includesSender ? nil : message.sender
        for (format, encoded) in message.encodings.enumerated() {
            guard let encoded else { continue }
            let (plain, compressed) = places(format)
            let message = encoded.message.borrowed
            if lanes[plain].memberCount > 0 { lanes[plain].append(encoded.prefix, message, excluding: excluded) }
            if lanes[compressed].memberCount > 0 {
                lanes[compressed].append(encoded.prefix, message, deflated: encoded.deflated, excluding: excluded)
            }
        }
        tell(message.sender, message.number, message.onSequenced)
    }

    /// Appends a message to a group on one loop, in the forms that have members.
    func append(
        _ message: BorrowedMessage,
        in envelope: BroadcastEnvelope,
        number: UInt64,
        excluding excluded: BroadcastMember?
    ) {
        for format in 0..<configuration.formats {
            let (plain, compressed) = places(format)
            guard lanes[plain].memberCount > 0 || lanes[compressed].memberCount > 0 else { continue }
            envelope.apply(format, to: message, number: number) { prefix, message in
                if lanes[plain].memberCount > 0 {
                    // Not counted: the shard keeps its lanes.
                    unsafe Unmanaged.passUnretained(lanes[plain])._withUnsafeGuaranteedRef {
                        $0.append(prefix, message, excluding: excluded)
                    }
                }
                if lanes[compressed].memberCount > 0 {
                    lanes[compressed].append(prefix, message, deflated: deflate(prefix, message), excluding: excluded)
                }
            }
        }
    }

    /// Where the lanes of a format are.
    private func places(_ format: Int) -> (plain: Int, compressed: Int) {
        (
            BroadcastGroup.Encoding(format: format, isCompressed: false).index,
            BroadcastGroup.Encoding(format: format, isCompressed: true).index
        )
    }

    /// Compresses a message for every peer that takes the largest window; nil when it is better sent as it is.
    func deflate(_ prefix: String, _ message: BorrowedMessage) -> [UInt8]? {
        let prefix = message.kind == .text ? prefix : ""
        guard let compression = configuration.compression,
            prefix.utf8.count + message.bytes.byteCount >= compression.minimumBytes,
            let deflater = loop.deflaters.deflater(windowBits: NegotiatedCompression.largestWindowBits)
        else { return nil }
        return unsafe message.bytes.withUnsafeBytes { bytes in
            guard !prefix.isEmpty else {
                return unsafe deflater.deflate(bytes, level: compression.level).map { unsafe Array($0) }
            }
            let whole = unsafe Array(prefix.utf8) + bytes
            return unsafe whole.withUnsafeBytes { whole in
                unsafe deflater.deflate(whole, level: compression.level).map { unsafe Array($0) }
            }
        }
    }

    /// Tells a sender of this loop that its message has its place here.
    func tell(_ sender: BroadcastMember?, _ number: UInt64, _ onSequenced: (@Sendable (UInt64) -> Void)?) {
        if let onSequenced, let sender, sender.core.loop === loop { onSequenced(number) }
    }

    // MARK: Members that do not keep up

    /// Begins to look at the members that are apart.
    func watch() {
        guard timer == nil, !loop.isShuttingDown else { return }
        timer = LoopTimer(loop, milliseconds: Self.watchInterval) { [weak self] in
            guard let self else { return }
            timer = nil
            lookForProgress()
            checkMembers()
            if lanes.contains(where: { !$0.apart.isEmpty }) { watch() }
        }
    }

    private func lookForProgress() {
        for lane in lanes {
            for member in lane.apart { member.lookForProgress(loop.now) }
        }
    }

    /// Looks who has reached a limit, and whom publishers are to wait for.
    func checkMembers() {
        let now = loop.now
        let policy = configuration.slowMembers
        for lane in lanes {
            // A copy: members may leave meanwhile.
            let apart = lane.apart
            for member in apart {
                if member.isTooFarBehind(policy, maximumTime: maximumTime, now) {
                    member.apply(policy, maximumTime: maximumTime, now)
                }
                guard let mark = policy.publishersWaitAboveBytes else { continue }
                if member.bytesBehind > mark, now < member.lastProgress + grace {
                    wait(for: member)
                } else {
                    doNotWait(for: member)
                }
            }
        }
    }

    private func wait(for member: BroadcastMember) {
        guard !member.isWaitedFor, member.standing != .left else { return }
        member.isWaitedFor = true
        waitedFor += 1
        if waitedFor == 1 { member.group.pressure.add(1) }
    }

    /// The member has caught up, has gone, or does not read at all.
    func doNotWait(for member: BroadcastMember) {
        guard member.isWaitedFor else { return }
        member.isWaitedFor = false
        waitedFor -= 1
        if waitedFor == 0, member.group.pressure.add(-1) == 0 { member.group.releasePublishers() }
    }

    /// The member took something: publishers need not wait for one that has caught up by half.
    func madeProgress(_ member: BroadcastMember) {
        guard member.isWaitedFor, let mark = configuration.slowMembers.publishersWaitAboveBytes,
            member.bytesBehind <= mark / 2
        else { return }
        doNotWait(for: member)
    }

    // MARK: Publishers

    func pause(_ publisher: ConnectionCore) {
        if publisher.pauseReading(.groupIsCongested) { pausedPublishers.append(publisher) }
    }

    var hasWaitingTasks: Bool { waitingTasks != nil }

    func park(_ publisher: WaitingPublishers.Publisher) {
        guard !loop.isShuttingDown else { return publisher.task.finish(.failure(.loopStopped)) }
        let waiting = waitingTasks ?? WaitingPublishers(loop)
        waiting.append(publisher)
        waitingTasks = waiting
    }

    func unpark() -> WaitingPublishers.Publisher? {
        guard let waitingTasks, !waitingTasks.isEmpty else { return nil }
        defer { forgetWaitingIfEmpty() }
        return waitingTasks.removeFirst()
    }

    func cancel(_ ticket: Ticket) {
        waitingTasks?.cancel(ticket)
        forgetWaitingIfEmpty()
    }

    private func forgetWaitingIfEmpty() {
        guard let waitingTasks, waitingTasks.isEmpty else { return }
        waitingTasks.leaveTable()
        self.waitingTasks = nil
    }

    /// The pressure has gone.
    func releasePublishers() {
        let publishers = pausedPublishers
        pausedPublishers = []
        for publisher in publishers { publisher.resumeReading(.groupIsCongested) }
    }
}
