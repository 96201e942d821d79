/// The part of a group that lives on one loop: the members whose connections are there, in one lane for each encoding, and
/// what they send on its way to other loops. Confined to the loop's thread.
final class BroadcastShard {
    let loop: ServiceLoop
    /// What goes to other loops at the end of the turn; the ``Sequencer``'s.
    var outbox = BroadcastOutbox()
    /// The number of the last publication that has its place here; the ``Sequencer`` counts it on the first loop.
    var lastNumber: UInt64
    /// When the last publication was said, where others decide that: see ``BroadcastGroup/Place``.
    var givenTime: Int64?
    let epoch: UInt64
    /// nil when the group keeps none.
    let history: ShardHistory?
    private let formats: Int
    private let compression: WebSocketCompression?
    /// By ``LaneEncoding``; nil where nobody ever joined, so that a group takes memory only for the forms that are in use.
    private var lanes: [BroadcastLane?]
    private let memberCounts: [SharedCounter]
    private let lostMessages: SharedCounter
    private let commentInterval: UInt64?
    /// The members that have a tag; of several with the same the one that came last.
    private var tagged: [BroadcastGroup.SessionTag: BroadcastMember] = [:]
    /// Looks after the members that do not keep up.
    private let watch: MemberWatch

    /// - Parameters:
    ///   - historyBytes: counts the bytes that are kept, on the home loop; nil on the others.
    ///   - memberCounts: how many members all loops have, by encoding.
    ///   - lostMessages: counts what members of all loops were not sent.
    init(
        _ loop: ServiceLoop,
        _ configuration: BroadcastGroup.Configuration,
        _ congestion: Congestion,
        historyBytes: SharedCounter?,
        memberCounts: [SharedCounter],
        lostMessages: SharedCounter
    ) {
        self.loop = loop
        epoch = configuration.epoch
        lastNumber = configuration.lastNumber
        history = configuration.history.isKept ? ShardHistory(loop, configuration, counter: historyBytes) : nil
        formats = configuration.formats
        compression = configuration.compression
        lanes = Array(repeating: nil, count: memberCounts.count)
        self.memberCounts = memberCounts
        self.lostMessages = lostMessages
        commentInterval = configuration.eventCommentInterval?.milliseconds
        watch = MemberWatch(loop, configuration.slowMembers, congestion, history)
    }

    /// What became of the publications on this loop, up to this moment.
    var deliveries: BroadcastDeliveries { watch.lanes.reduce(BroadcastDeliveries()) { $0 + $1.currentDeliveries() } }

    /// The lane of an encoding, made for the first member.
    func lane(_ encoding: LaneEncoding) -> BroadcastLane {
        if let lane = lanes[encoding.index] { return lane }
        let lane = BroadcastLane(
            loop,
            watch,
            format: encoding.format,
            framing: encoding.kind == .events ? .events(EventFraming(epoch: epoch)) : .webSocket,
            commentInterval: commentInterval,
            count: memberCounts[encoding.index],
            lostMessages: lostMessages
        )
        lanes[encoding.index] = lane
        watch.lanes.append(lane)
        return lane
    }

    /// What a replay would come to now.
    func resumption(of replay: BroadcastGroup.Replay) -> BroadcastGroup.Resumption {
        history?.resumption(of: replay, last: lastNumber)
            ?? RecordLog(.none).resumption(of: replay, epoch: epoch, last: lastNumber)
    }

    /// What a member that joins now is to read of the history before its place in the log.
    func resume(
        _ replay: BroadcastGroup.Replay,
        _ encoding: LaneEncoding,
        _ framing: LaneFraming,
        leavingOut tag: BroadcastGroup.SessionTag?
    ) -> (reader: ReplayReader?, resumption: BroadcastGroup.Resumption) {
        guard let history else { return (nil, resumption(of: replay)) }
        return history.resume(replay, encoding, framing, leavingOut: tag, last: lastNumber)
    }

    // MARK: Members with a tag

    func note(_ member: BroadcastMember, _ tag: BroadcastGroup.SessionTag) {
        tagged[tag] = member
    }

    func forget(_ member: BroadcastMember, _ tag: BroadcastGroup.SessionTag) {
        if tagged[tag] === member { tagged[tag] = nil }
    }

    /// The member here, if any, that is not to get a message: who sent it, or who has come back as that one since.
    @inline(__always)
    func author(_ sender: BroadcastMember?, _ tag: BroadcastGroup.SessionTag?) -> BroadcastMember? {
        tag.flatMap { tagged[$0] } ?? sender
    }

    // MARK: Messages

    /// Takes over a message from the home loop.
    func take(_ message: SequencedMessage) {
        if message.isPublication {
            lastNumber = message.place.position.number
            history?.append(message.record, number: lastNumber)
        }
        append(message)
    }

    /// Appends a message that was given its place on the first loop, in the forms that have members here.
    func append(_ message: SequencedMessage) {
        let number = message.isPublication ? message.place.position.number : nil
        let excluded = message.includesSender ? nil : author(message.sender, message.tag)
        for (format, made) in message.encodings.enumerated() {
            guard hasMembers(format, beside: excluded), let encoded = made ?? encode(message, for: format) else {
                continue
            }
            let kind = message.message.kind
            let message = encoded.message.borrowed
            withLane(format, .plain, beside: excluded) {
                $0.append(encoded.form.prefix, message, number: number, excluding: excluded)
            }
            withLane(format, .compressed, beside: excluded) {
                $0.append(
                    encoded.form.prefix,
                    message,
                    deflated: encoded.deflated,
                    number: number,
                    excluding: excluded
                )
            }
            withLane(format, .events, beside: excluded) {
                $0.append(
                    encoded.form.prefix,
                    message,
                    number: number,
                    event: encoded.form.event(for: kind),
                    excluding: excluded
                )
            }
        }
        tell(message.sender, message.place, message.onSequenced)
    }

    /// The message for members of a format that have come since the first loop sent it on its way.
    private func encode(_ message: SequencedMessage, for format: Int) -> EncodedMessage? {
        message.envelope.apply(format, to: message.message.borrowed, in: message.place) { form, message in
            EncodedMessage(form: form, message: message.message, deflated: nil)
        }
    }

    /// Appends a message to a group on one loop, in the forms that have members.
    func append(
        _ message: BorrowedMessage,
        in envelope: BroadcastEnvelope,
        _ place: BroadcastContext,
        isPublication: Bool,
        excluding excluded: BroadcastMember?
    ) {
        let number = isPublication ? place.position.number : nil
        for format in 0..<formats where hasMembers(format, beside: excluded) {
            envelope.apply(format, to: message, in: place) { form, made in
                withLane(format, .plain, beside: excluded) {
                    $0.append(form.prefix, made, number: number, excluding: excluded)
                }
                withLane(format, .compressed, beside: excluded) {
                    $0.append(
                        form.prefix,
                        made,
                        deflated: deflate(form.prefix, made),
                        number: number,
                        excluding: excluded
                    )
                }
                withLane(format, .events, beside: excluded) {
                    $0.append(
                        form.prefix,
                        made,
                        number: number,
                        event: form.event(for: message.kind),
                        excluding: excluded
                    )
                }
            }
        }
    }

    /// Whether a format has members here beside one that is not to get a message.
    @inline(__always)
    private func hasMembers(_ format: Int, beside excluded: BroadcastMember? = nil) -> Bool {
        hasMembers(format, .plain, beside: excluded) || hasMembers(format, .compressed, beside: excluded)
            || hasMembers(format, .events, beside: excluded)
    }

    @inline(__always)
    private func hasMembers(
        _ format: Int,
        _ kind: LaneEncoding.Kind,
        beside excluded: BroadcastMember?
    ) -> Bool {
        lanes[LaneEncoding(format: format, kind).index]?.hasMembers(beside: excluded) ?? false
    }

    /// Calls `body` with a lane that has members beside one that is not to get a message.
    @inline(__always)
    private func withLane(
        _ format: Int,
        _ kind: LaneEncoding.Kind,
        beside excluded: BroadcastMember?,
        _ body: (BroadcastLane) -> Void
    ) {
        // Not counted: the shard keeps its lanes.
        guard let lane = unsafe lanes[LaneEncoding(format: format, kind).index].map(Unmanaged.passUnretained) else {
            return
        }
        unsafe lane._withUnsafeGuaranteedRef { if $0.hasMembers(beside: excluded) { body($0) } }
    }

    /// Compresses a message for every peer that takes the largest window; nil when it is better sent as it is.
    func deflate(_ prefix: String, _ message: BorrowedMessage) -> [UInt8]? {
        let prefix = message.kind == .text ? prefix : ""
        guard let compression, prefix.utf8.count + message.bytes.byteCount >= compression.minimumBytes,
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
    func tell(
        _ sender: BroadcastMember?,
        _ place: BroadcastContext,
        _ onSequenced: (@Sendable (BroadcastContext) -> Void)?
    ) {
        if let onSequenced, let sender, sender.core.loop === loop { onSequenced(place) }
    }
}

/// The parts of a group, one for each of its loops.
struct BroadcastShards: Sendable {
    /// The part on the first loop, where the order is made.
    let home: LoopBound<BroadcastShard>
    let others: [LoopBound<BroadcastShard>]

    /// The part on the loop whose thread this is; traps elsewhere, in the name of `operation`.
    func current(_ operation: String) -> BroadcastShard {
        if home.loop.isCurrent { return home.value }
        guard let shard = others.first(where: { $0.loop.isCurrent }) else { Self.fail(operation) }
        return shard.value
    }

    /// The part on a loop whose thread this is; traps when the group has none there.
    func part(on loop: ServiceLoop, _ operation: String) -> BroadcastShard {
        guard let shard = ([home] + others).first(where: { $0.loop === loop }) else { Self.fail(operation) }
        return shard.value
    }

    private static func fail(_ operation: String) -> Never {
        preconditionFailure(
            """
            \(operation) is used on the loops that the group was made with, and with their connections: in a closure given \
            to LWSSwift, in ServiceLoop.execute or run, or in a task that prefers the loop's executor.
            """
        )
    }
}
