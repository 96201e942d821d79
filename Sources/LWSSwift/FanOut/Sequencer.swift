/// Makes the order of a group: on the group's first loop, its *home*, it gives every message its place, has it encoded once
/// for each format that has members anywhere, and appends it to the lanes. What is sent on another loop goes home first, in
/// one job a turn, and what has its place goes from home to each other loop in one job a turn, so that all lanes get all
/// messages in one order. Calls travel with the messages and keep their place among them. A group on one loop needs none of
/// that: a message goes straight into its lanes.
///
/// It is used on the group's loops, on each with what is confined to it: the ``BroadcastShard``.
final class Sequencer: Sendable {
    let shards: BroadcastShards
    private let formats: Int
    /// Members on all loops, by ``LaneEncoding``.
    private let memberCounts: [SharedCounter]
    private let congestion: Congestion

    init(_ shards: BroadcastShards, _ congestion: Congestion, formats: Int, memberCounts: [SharedCounter]) {
        self.shards = shards
        self.congestion = congestion
        self.formats = formats
        self.memberCounts = memberCounts
    }

    /// What goes with a message to its place.
    struct Dispatch: Sendable {
        let role: MessageRole
        let sender: BroadcastMember?
        let includesSender: Bool
        let tag: BroadcastGroup.SessionTag?
        let onSequenced: (@Sendable (BroadcastContext) -> Void)?
    }

    /// Gives a message its place now, on the home loop, or sends it there at the end of the turn.
    @inline(__always)
    func submit(_ message: BorrowedMessage, in envelope: BroadcastEnvelope, _ dispatch: Dispatch) {
        if shards.home.loop.isCurrent {
            // Not counted: the sequencer keeps its parts.
            unsafe Unmanaged.passUnretained(shards.home.value)._withUnsafeGuaranteedRef { home in
                sequence(message, in: envelope, dispatch, on: home)
            }
        } else {
            let shard = shards.current("BroadcastGroup.trySend")
            shard.outbox.toHome.append(
                .message(UnsequencedMessage(message: message.message, envelope: envelope, dispatch: dispatch))
            )
            markForRelay(shard)
        }
    }

    /// Has `body` run on the home loop, behind what this loop has sent.
    func callHome(_ body: @escaping @Sendable () -> Void) {
        let home = shards.home.loop
        guard !home.isCurrent else { return body() }
        let shard = shards.current("BroadcastGroup.atHome")
        shard.outbox.toHome.append(.call(on: home, body))
        markForRelay(shard)
    }

    /// On the home loop: has `body` run on a loop of the group, where all messages up to now have their places and no others.
    func call(on loop: ServiceLoop, _ body: @escaping @Sendable () -> Void) {
        guard loop !== shards.home.loop else { return body() }
        let home = shards.home.value
        home.outbox.toOthers.append(.call(on: loop, body))
        markForRelay(home)
    }

    // MARK: Places and encodings

    @inline(__always)
    private func sequence(
        _ message: BorrowedMessage,
        in envelope: BroadcastEnvelope,
        _ dispatch: Dispatch,
        on home: BroadcastShard
    ) {
        let isPublication = dispatch.role == .publication
        if isPublication {
            home.lastNumber += 1
            home.loop.totals.countPublication(from: dispatch.sender, message.bytes.byteCount)
        }
        let place = BroadcastContext(
            epoch: home.epoch,
            number: home.lastNumber,
            time: home.givenTime ?? home.loop.wallTime
        )
        if isPublication { home.history?.append(message, at: place, envelope, tag: dispatch.tag) }
        guard shards.others.isEmpty else {
            // From here on the forms that are the message itself share its memory.
            let message = message.message
            var encodings: [EncodedMessage?] = []
            for format in 0..<formats {
                encodings.append(encode(message.borrowed, in: envelope, for: format, place, on: home))
            }
            let sequenced = SequencedMessage(
                message: message,
                envelope: envelope,
                place: place,
                isPublication: isPublication,
                record: isPublication ? home.history?.last : nil,
                sender: dispatch.sender,
                includesSender: dispatch.includesSender,
                tag: dispatch.tag,
                encodings: encodings,
                onSequenced: dispatch.onSequenced
            )
            home.append(sequenced)
            home.outbox.toOthers.append(.message(sequenced))
            return markForRelay(home)
        }
        home.append(
            message,
            in: envelope,
            place,
            isPublication: isPublication,
            excluding: dispatch.includesSender ? nil : home.author(dispatch.sender, dispatch.tag)
        )
        home.tell(dispatch.sender, place, dispatch.onSequenced)
    }

    /// The message as members of a format get it, on any loop; nil when there are none, or none gets it.
    private func encode(
        _ message: BorrowedMessage,
        in envelope: BroadcastEnvelope,
        for format: Int,
        _ place: BroadcastContext,
        on home: BroadcastShard
    ) -> EncodedMessage? {
        let isCompressed = hasMembers(.init(format: format, .compressed))
        guard isCompressed || hasMembers(.init(format: format, .plain)) || hasMembers(.init(format: format, .events))
        else { return nil }
        return envelope.apply(format, to: message, in: place) { form, message in
            EncodedMessage(
                form: form,
                message: message.message,
                deflated: isCompressed ? home.deflate(form.prefix, message) : nil
            )
        }
    }

    /// Whether anybody, on any loop, is to get a message in this form.
    private func hasMembers(_ encoding: LaneEncoding) -> Bool {
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
                for item in outbox.toHome {
                    switch item {
                    case .message(let message):
                        sequence(message.message.borrowed, in: message.envelope, message.dispatch, on: home)
                    case .call(_, let body): body()
                    }
                }
            }
        }
        if !outbox.toOthers.isEmpty {
            let count = outbox.toOthers.reduce(0) { $0 + $1.byteCount }
            for other in shards.others {
                hand(count, to: other) { shard in
                    for item in outbox.toOthers {
                        switch item {
                        case .message(let message): shard.take(message)
                        case .call(let loop, let body): if loop === shard.loop { body() }
                        }
                    }
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
