/// The part of a group that lives on one loop: the members whose connections are there, in one lane for each encoding, and
/// what they send on its way to other loops. Confined to the loop's thread.
final class BroadcastShard {
    let loop: ServiceLoop
    /// What goes to other loops at the end of the turn; the ``Sequencer``'s.
    var outbox = BroadcastOutbox()
    /// The number of the group's last message, on its first loop; the ``Sequencer``'s.
    var lastNumber: UInt64 = 0
    private let formats: Int
    private let compression: WebSocketCompression?
    /// By ``BroadcastLane/Encoding``.
    private let lanes: [BroadcastLane]
    /// Looks after the members that do not keep up.
    private let watch: MemberWatch

    /// - Parameters:
    ///   - memberCounts: how many members all loops have, by encoding.
    ///   - lostMessages: counts what members of all loops were not sent.
    init(
        _ loop: ServiceLoop,
        _ configuration: BroadcastGroup.Configuration,
        _ congestion: Congestion,
        memberCounts: [SharedCounter],
        lostMessages: SharedCounter
    ) {
        self.loop = loop
        formats = configuration.formats
        compression = configuration.compression
        let watch = MemberWatch(loop, configuration.slowMembers, congestion)
        lanes = memberCounts.map {
            BroadcastLane(loop, watch, framing: .webSocket, count: $0, lostMessages: lostMessages)
        }
        watch.lanes = lanes
        self.watch = watch
    }

    func lane(_ encoding: BroadcastLane.Encoding) -> BroadcastLane { lanes[encoding.index] }

    // MARK: Messages

    /// Appends a message that was given its place on the first loop, in the forms that have members here.
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
        for format in 0..<formats {
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
    func tell(_ sender: BroadcastMember?, _ number: UInt64, _ onSequenced: (@Sendable (UInt64) -> Void)?) {
        if let onSequenced, let sender, sender.core.loop === loop { onSequenced(number) }
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
