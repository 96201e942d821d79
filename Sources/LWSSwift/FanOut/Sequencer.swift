/// Makes the order of a group: on the group's first loop, its *home*, it gives every message its number, has it encoded once
/// for each format that has members anywhere, and appends it to the lanes. What is sent on another loop goes home first, in
/// one job a turn, and what has its number goes from home to each other loop in one job a turn, so that all lanes get all
/// messages in one order. A group on one loop needs none of that: a message goes straight into its lanes.
///
/// It is used on the group's loops, on each with what is confined to it: the ``BroadcastShard``.
final class Sequencer: Sendable {
    let shards: BroadcastShards
    private let formats: Int
    /// Members on all loops, by ``BroadcastLane/Encoding``.
    private let memberCounts: [SharedCounter]
    private let congestion: Congestion

    init(_ shards: BroadcastShards, _ congestion: Congestion, formats: Int, memberCounts: [SharedCounter]) {
        self.shards = shards
        self.congestion = congestion
        self.formats = formats
        self.memberCounts = memberCounts
    }

    /// Gives a message its place now, on the home loop, or sends it there at the end of the turn.
    @inline(__always)
    func submit(
        _ message: BorrowedMessage,
        in envelope: BroadcastEnvelope,
        from sender: BroadcastMember?,
        includingSender: Bool,
        _ onSequenced: (@Sendable (UInt64) -> Void)?
    ) {
        if shards.home.loop.isCurrent {
            // Not counted: the sequencer keeps its parts.
            unsafe Unmanaged.passUnretained(shards.home.value)._withUnsafeGuaranteedRef { home in
                sequence(message, in: envelope, from: sender, includingSender: includingSender, onSequenced, on: home)
            }
        } else {
            let shard = shards.current("BroadcastGroup.trySend")
            shard.outbox.toHome.append(
                UnsequencedMessage(
                    message: message.message,
                    envelope: envelope,
                    sender: sender,
                    includesSender: includingSender,
                    onSequenced: onSequenced
                )
            )
            markForRelay(shard)
        }
    }

    // MARK: Numbers and encodings

    @inline(__always)
    private func sequence(
        _ message: BorrowedMessage,
        in envelope: BroadcastEnvelope,
        from sender: BroadcastMember?,
        includingSender: Bool,
        _ onSequenced: (@Sendable (UInt64) -> Void)?,
        on home: BroadcastShard
    ) {
        home.lastNumber += 1
        let number = home.lastNumber
        guard shards.others.isEmpty else {
            var encodings: [EncodedMessage?] = []
            for format in 0..<formats {
                encodings.append(encode(message, in: envelope, for: format, number, on: home))
            }
            let sequenced = SequencedMessage(
                number: number,
                sender: sender,
                includesSender: includingSender,
                encodings: encodings,
                onSequenced: onSequenced
            )
            home.append(sequenced)
            home.outbox.toOthers.append(sequenced)
            return markForRelay(home)
        }
        home.append(message, in: envelope, number: number, excluding: includingSender ? nil : sender)
        home.tell(sender, number, onSequenced)
    }

    /// The message as members of a format get it, on any loop; nil when there are none, or none gets it.
    private func encode(
        _ message: BorrowedMessage,
        in envelope: BroadcastEnvelope,
        for format: Int,
        _ number: UInt64,
        on home: BroadcastShard
    ) -> EncodedMessage? {
        let isCompressed = hasMembers(BroadcastLane.Encoding(format: format, isCompressed: true))
        guard isCompressed || hasMembers(BroadcastLane.Encoding(format: format, isCompressed: false)) else {
            return nil
        }
        return envelope.apply(format, to: message, number: number) { prefix, message in
            EncodedMessage(
                prefix: prefix,
                message: message.message,
                deflated: isCompressed ? home.deflate(prefix, message) : nil
            )
        }
    }

    /// Whether anybody, on any loop, is to get a message in this form.
    private func hasMembers(_ encoding: BroadcastLane.Encoding) -> Bool {
        memberCounts[encoding.index].current > 0
    }

    // MARK: Between loops

    private func markForRelay(_ shard: BroadcastShard) {
        // After the end of its loop no turn ends any more.
        guard shard.loop.isOnThread else { return relay(from: shard) }
        guard !shard.outbox.isMarked else { return }
        shard.outbox.isMarked = true
        shard.loop.unrelayed.append { [self] in relay(from: shard) }
    }

    /// The end of a turn: what was sent in it goes to the other loops, in one job each.
    private func relay(from shard: BroadcastShard) {
        let outbox = shard.outbox
        shard.outbox = BroadcastOutbox()
        if !outbox.toHome.isEmpty {
            let count = outbox.toHome.reduce(0) { $0 + $1.byteCount }
            hand(count, to: shards.home) { [self] home in
                for message in outbox.toHome {
                    sequence(
                        message.message.borrowed,
                        in: message.envelope,
                        from: message.sender,
                        includingSender: message.includesSender,
                        message.onSequenced,
                        on: home
                    )
                }
            }
        }
        if !outbox.toOthers.isEmpty {
            let count = outbox.toOthers.reduce(0) { $0 + $1.byteCount }
            for other in shards.others {
                hand(count, to: other) { shard in
                    for message in outbox.toOthers { shard.append(message) }
                }
            }
        }
    }

    /// Has `body` run on another loop, and counts the bytes until then. A loop that has ended takes nothing.
    private func hand(
        _ byteCount: Int,
        to shard: LoopBound<BroadcastShard>,
        _ body: @escaping @Sendable (BroadcastShard) -> Void
    ) {
        congestion.relayBegan(byteCount)
        let isQueued = shard.loop.submit(
            .closure { [congestion] in
                body(shard.value)
                congestion.relayEnded(byteCount)
            }
        )
        if !isQueued { congestion.relayEnded(byteCount) }
    }
}
