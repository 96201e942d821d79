/// The part of a group that lives on one loop: the members whose connections are there, in one lane for each encoding, and
/// what they send on its way to other loops. Confined to the loop's thread.
final class BroadcastShard {
    let loop: ServiceLoop
    /// What goes to other loops at the end of the turn; the ``Sequencer``'s.
    var outbox = BroadcastOutbox()
    /// The number of the last publication that has its place here; the ``Sequencer`` counts it on the first loop.
    var lastNumber: UInt64
    let epoch: UInt64
    /// nil when the group keeps none.
    let history: ShardHistory?
    private let formats: Int
    private let compression: WebSocketCompression?
    /// By ``BroadcastLane/Encoding``.
    private let lanes: [BroadcastLane]
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
        let watch = MemberWatch(loop, configuration.slowMembers, congestion)
        lanes = memberCounts.map {
            BroadcastLane(loop, watch, framing: .webSocket, count: $0, lostMessages: lostMessages)
        }
        watch.lanes = lanes
        self.watch = watch
    }

    /// What became of the publications on this loop, up to this moment.
    var deliveries: BroadcastDeliveries { lanes.reduce(BroadcastDeliveries()) { $0 + $1.currentDeliveries() } }

    func lane(_ encoding: BroadcastLane.Encoding) -> BroadcastLane { lanes[encoding.index] }

    /// What a replay would come to now.
    func resumption(of replay: BroadcastGroup.Replay) -> BroadcastGroup.Resumption {
        history?.resumption(of: replay, last: lastNumber)
            ?? RecordLog(.none).resumption(of: replay, epoch: epoch, last: lastNumber)
    }

    /// What a member that joins now is to read of the history before its place in the log.
    func resume(
        _ replay: BroadcastGroup.Replay,
        format: Int,
        _ framing: LaneFraming,
        leavingOut tag: BroadcastGroup.SessionTag?
    ) -> (reader: ReplayReader?, resumption: BroadcastGroup.Resumption) {
        guard let history else { return (nil, resumption(of: replay)) }
        return history.resume(replay, format: format, framing, leavingOut: tag, last: lastNumber)
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
            history?.append(message.record)
        }
        append(message)
    }

    /// Appends a message that was given its place on the first loop, in the forms that have members here.
    func append(_ message: SequencedMessage) {
        let number = message.isPublication ? message.place.position.number : nil
        let excluded = message.includesSender ? nil : author(message.sender, message.tag)
        for (format, made) in message.encodings.enumerated() {
            let (plain, compressed) = lanes(of: format)
            guard lanes[plain].memberCount > 0 || lanes[compressed].memberCount > 0,
                let encoded = made ?? encode(message, for: format)
            else { continue }
            let message = encoded.message.borrowed
            if lanes[plain].memberCount > 0 {
                lanes[plain].append(encoded.prefix, message, number: number, excluding: excluded)
            }
            if lanes[compressed].memberCount > 0 {
                lanes[compressed].append(
                    encoded.prefix,
                    message,
                    deflated: encoded.deflated,
                    number: number,
                    excluding: excluded
                )
            }
        }
        tell(message.sender, message.place, message.onSequenced)
    }

    /// The message for members of a format that have come since the first loop sent it on its way.
    private func encode(_ message: SequencedMessage, for format: Int) -> EncodedMessage? {
        message.envelope.apply(format, to: message.message.borrowed, in: message.place) { prefix, message in
            EncodedMessage(prefix: prefix, message: message.message, deflated: nil)
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
        for format in 0..<formats {
            let (plain, compressed) = lanes(of: format)
            let isPlain = lanes[plain].hasMembers(beside: excluded)
            let isCompressed = lanes[compressed].hasMembers(beside: excluded)
            guard isPlain || isCompressed else { continue }
            envelope.apply(format, to: message, in: place) { prefix, message in
                if isPlain {
                    // Not counted: the shard keeps its lanes.
                    unsafe Unmanaged.passUnretained(lanes[plain])._withUnsafeGuaranteedRef {
                        $0.append(prefix, message, number: number, excluding: excluded)
                    }
                }
                if isCompressed {
                    lanes[compressed].append(
                        prefix,
                        message,
                        deflated: deflate(prefix, message),
                        number: number,
                        excluding: excluded
                    )
                }
            }
        }
    }

    /// Where the lanes of a format are.
    private func lanes(of format: Int) -> (plain: Int, compressed: Int) {
        (
            BroadcastLane.Encoding(format: format, isCompressed: false).index,
            BroadcastLane.Encoding(format: format, isCompressed: true).index
        )
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
