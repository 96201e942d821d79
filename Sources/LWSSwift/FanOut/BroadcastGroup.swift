internal import Synchronization

/// Connections that are all sent the same messages, in the same order: one message to very many at the cost of one `send`
/// each, or less.
///
/// A message is framed once, into a log that all members share. At the end of a turn of the loop each member is written
/// everything that is new in one go, straight from that log: nothing is copied, queued, counted or locked for a delivery.
///
/// ```swift
/// let group = BroadcastGroup(on: loop)
/// let server = try await WebSocketServer.start(configuration, on: loop) { connection in
///     let member = group.join(connection)
///     connection.onBorrowedMessage { message in group.trySend(message, from: member) }
/// }
/// ```
///
/// **Order.** All members get the messages in one order, also when they live on several loops; the first loop of the group
/// makes it. What is sent to a single member with ``LoopConnection/trySend(_:)-(WebSocketMessage)`` keeps its place among
/// the messages of the group. A connection may be a member of several groups; between groups there is no order.
///
/// **Memory and slow members.** The log is kept for the members that are behind, within the limits of
/// ``SlowMemberPolicy``; a group whose members are not behind holds nothing. Messages on their way between loops are
/// bounded by ``Configuration/maximumRelayBytes``.
///
/// **Threads.** ``join(_:format:)`` and `trySend` are used on the loops of the group, ``send(_:)`` in any task.
public final class BroadcastGroup: Sendable {
    /// Settings of a group.
    public struct Configuration: Sendable {
        /// In how many forms a message may be sent, such as plain text for some members and JSON for others. Default: 1.
        public var formats: Int
        /// What becomes of members that do not keep up.
        public var slowMembers: SlowMemberPolicy
        /// How messages are compressed for members that have agreed on it, once for all of them; nil to send all of them plain.
        public var compression: WebSocketCompression?
        /// With several loops: publishers are slowed down while more bytes than this are on their way between loops.
        /// Default: 8 MiB.
        public var maximumRelayBytes: Int

        public init(
            formats: Int = 1,
            slowMembers: SlowMemberPolicy = SlowMemberPolicy(),
            compression: WebSocketCompression? = WebSocketCompression(),
            maximumRelayBytes: Int = 8 << 20
        ) {
            self.formats = formats
            self.slowMembers = slowMembers
            self.compression = compression
            self.maximumRelayBytes = maximumRelayBytes
        }
    }

    /// What became of a message.
    public enum SendResult: Sendable, Hashable {
        /// It goes out at the end of the turn.
        case queued
        /// It goes out too, but members, or other loops, do not keep up: send less. When the sender is a member, its
        /// connection is not read from until they have caught up.
        case congested
    }

    /// One way in which the bytes of a message are made.
    struct Encoding {
        static let perFormat = 2
        let format: Int
        let isCompressed: Bool

        var index: Int { format * Self.perFormat + (isCompressed ? 1 : 0) }
    }

    private let configuration: Configuration
    /// The part on the first loop, where the order is made.
    private let home: LoopBound<BroadcastShard>
    /// The parts on the other loops.
    private let others: [LoopBound<BroadcastShard>]
    /// Members on all loops, by encoding.
    private let memberCounts: [BroadcastLane.Counter]
    private let lostMessages: BroadcastLane.Counter
    /// For messages that all get as they are.
    private let plain: BroadcastEnvelope
    /// Loops on which publishers are to wait for members.
    let pressure = BroadcastLane.Counter()
    /// Bytes on their way between loops.
    private let relayBytes = BroadcastLane.Counter()

    /// Makes a group on one loop, or on several.
    ///
    /// - Parameters:
    ///   - loops: the loops its members live on; the first one makes the order.
    ///   - configuration: formats and limits.
    public init(on loops: [ServiceLoop], _ configuration: Configuration = Configuration()) {
        guard let first = loops.first else { preconditionFailure("A group needs a loop.") }
        precondition(configuration.formats > 0, "A group needs a format.")
        self.configuration = configuration
        let memberCounts = (0..<configuration.formats * Encoding.perFormat).map { _ in BroadcastLane.Counter() }
        let lostMessages = BroadcastLane.Counter()
        func shard(_ loop: ServiceLoop, isHome: Bool = false) -> LoopBound<BroadcastShard> {
            let shard = BroadcastShard(
                loop,
                configuration,
                isHome: isHome,
                memberCounts: memberCounts,
                lostMessages: lostMessages
            )
            return LoopBound(loop, shard)
        }
        home = shard(first, isHome: true)
        others = loops.dropFirst().map { shard($0) }
        self.memberCounts = memberCounts
        self.lostMessages = lostMessages
        plain = BroadcastEnvelope(Array(repeating: .message(), count: configuration.formats))
    }

    /// Makes a group on one loop.
    public convenience init(on loop: ServiceLoop, _ configuration: Configuration = Configuration()) {
        self.init(on: [loop], configuration)
    }

    /// How many members there are, on all loops; may be read on any thread.
    public var memberCount: Int { memberCounts.reduce(0) { $0 + $1.current } }

    /// How many messages members were not sent because they did not keep up; may be read on any thread.
    public var lostMessageCount: Int { lostMessages.current }

    // MARK: Members

    /// Makes a connection a member: it gets the messages that are sent from now on, until it leaves or ends.
    ///
    /// On the connection's loop only, which must be one of the group's.
    ///
    /// - Parameters:
    ///   - connection: an open connection in the server role, not a member yet. One that is closing has left at once.
    ///   - format: which of the ``Configuration/formats`` it gets, counted from 0.
    @discardableResult
    public func join(_ connection: LoopConnection, format: Int = 0) -> BroadcastMember {
        let core = connection.core
        let shard = shard(of: core.loop, "BroadcastGroup.join")
        precondition(
            core.role == .server,
            "Members of a group are a server's connections: a client's frames are masked."
        )
        precondition(0..<configuration.formats ~= format, "The group has no format \(format).")
        precondition(
            !core.memberships.contains { $0.group === self && !$0.isLeaving },
            "The connection is a member of the group already."
        )
        // A peer that asked for a smaller window is sent everything plain: it would need a compressed form of its own.
        let takesDeflated = core.handshake.compression?.acceptsSharedDeflate ?? false
        let encoding = Encoding(format: format, isCompressed: takesDeflated && configuration.compression != nil)
        let member = BroadcastMember(self, shard.lane(encoding), core)
        if core.isOpen { member.join() }
        return member
    }

    // MARK: Sending

    /// Sends a message to all members, at the end of this turn of the loop, in one write with all others of the turn.
    ///
    /// On one of the group's loops only. Never waits.
    ///
    /// - Parameters:
    ///   - message: what is sent.
    ///   - envelope: what the members of each format get of it; nil for all to get it as it is.
    ///   - sender: the member it comes from, if any: it is slowed down when others do not keep up.
    ///   - includingSender: whether the sender gets the message too.
    ///   - onSequenced: called on the sender's loop with the number of the message, once it has its place in the order
    ///     there.
    @discardableResult
    public func trySend(
        _ message: WebSocketMessage,
        in envelope: BroadcastEnvelope? = nil,
        from sender: BroadcastMember? = nil,
        includingSender: Bool = false,
        onSequenced: (@Sendable (UInt64) -> Void)? = nil
    ) -> SendResult {
        trySend(
            message.borrowed,
            in: envelope,
            from: sender,
            includingSender: includingSender,
            onSequenced: onSequenced
        )
    }

    /// Sends a message that is lent: it is copied into the group's log at once, and nothing else is made of it. It has to be
    /// kept only where another loop makes the order.
    ///
    /// The parameters are those of ``trySend(_:in:from:includingSender:onSequenced:)-(WebSocketMessage,_,_,_,_)``.
    @discardableResult
    public func trySend(
        _ message: BorrowedMessage,
        in envelope: BroadcastEnvelope? = nil,
        from sender: BroadcastMember? = nil,
        includingSender: Bool = false,
        onSequenced: (@Sendable (UInt64) -> Void)? = nil
    ) -> SendResult {
        let envelope = envelope ?? plain
        precondition(
            envelope.formatCount == configuration.formats,
            "An envelope needs a form for each of the group's \(configuration.formats) formats."
        )
        if home.loop.isCurrent {
            // Not counted: the group keeps its parts.
            unsafe Unmanaged.passUnretained(home.value)._withUnsafeGuaranteedRef { home in
                sequence(message, in: envelope, from: sender, includingSender: includingSender, onSequenced, on: home)
            }
        } else {
            let shard = currentShard("BroadcastGroup.trySend")
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
        guard isCongested else { return .queued }
        holdBack(sender)
        return .congested
    }

    /// Reads nothing more from a sender of this loop until the others have caught up.
    private func holdBack(_ sender: BroadcastMember?) {
        let shard = currentShard("BroadcastGroup.trySend")
        if let sender, sender.core.loop === shard.loop { shard.pause(sender.core) }
    }

    /// Sends a message to all members, from any task; waits while members that still read are too far behind.
    ///
    /// Returning means that the message has its place in the order, and goes out at the end of the turn.
    ///
    /// - Throws: ``WebSocketError/Code/cancelled`` when the task was cancelled before that,
    ///   ``WebSocketError/Code/loopStopped`` after the shutdown of the group's first loop.
    public func send(_ message: WebSocketMessage) async throws(WebSocketError) {
        let ticket = Ticket()
        let result: Result<Void, WebSocketError> = await withTaskCancellationHandler {
            await WaitingTask.wait { task in
                let isQueued = home.loop.submit(
                    .closure {
                        guard !ticket.isCancelled else { return task.finish(.failure(.cancelled)) }
                        self.admit(.init(ticket: ticket, message: message, task: task), on: self.home.value)
                    }
                )
                if !isQueued { task.finish(.failure(.loopStopped)) }
            }
        } onCancel: {
            ticket.cancel()
            home.loop.execute { [home] in home.value.cancel(ticket) }
        }
        try result.get()
    }

    /// Lets a task send, or has it wait behind those that do.
    private func admit(_ publisher: WaitingPublishers.Publisher, on home: BroadcastShard) {
        guard !isCongested, !home.hasWaitingTasks else { return home.park(publisher) }
        trySend(publisher.message)
        publisher.task.finish(.success(()))
    }

    /// Lets the tasks that wait send, in their order, as long as nobody is too far behind.
    private func admitPublishers(_ home: BroadcastShard) {
        while !isCongested, let publisher = home.unpark() {
            trySend(publisher.message)
            publisher.task.finish(.success(()))
        }
    }

    // MARK: Order

    /// Gives a message its place, on the home loop.
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
        guard others.isEmpty else {
            var encodings: [EncodedMessage?] = []
            for format in 0..<configuration.formats {
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
        let isCompressed = hasMembers(Encoding(format: format, isCompressed: true))
        guard isCompressed || hasMembers(Encoding(format: format, isCompressed: false)) else { return nil }
        return envelope.apply(format, to: message, number: number) { prefix, message in
            EncodedMessage(
                prefix: prefix,
                message: message.message,
                deflated: isCompressed ? home.deflate(prefix, message) : nil
            )
        }
    }

    /// Whether anybody, on any loop, is to get a message in this form.
    private func hasMembers(_ encoding: Encoding) -> Bool {
        memberCounts[encoding.index].current > 0
    }

    private func markForRelay(_ shard: BroadcastShard) {
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
            hand(count, to: home) { [self] home in
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
            for other in others {
                hand(count, to: other) { shard in
                    for message in outbox.toOthers { shard.append(message) }
                }
            }
        }
    }

    /// Has `body` run on another loop, and counts the bytes until then. A loop that has ended takes nothing.
    private func hand(
        _ count: Int,
        to shard: LoopBound<BroadcastShard>,
        _ body: @escaping @Sendable (BroadcastShard) -> Void
    ) {
        relayBytes.add(count)
        let isQueued = shard.loop.submit(
            .closure { [self] in
                body(shard.value)
                arrived(count)
            }
        )
        if !isQueued { arrived(count) }
    }

    private func arrived(_ count: Int) {
        let rest = relayBytes.add(-count)
        let limit = configuration.maximumRelayBytes
        if rest <= limit, rest + count > limit { releasePublishers() }
    }

    // MARK: Congestion

    private var isCongested: Bool {
        pressure.current > 0 || relayBytes.current > configuration.maximumRelayBytes
    }

    /// Lets those go on that were to wait, on every loop.
    func releasePublishers() {
        for shard in [home] + others {
            shard.loop.execute { [self] in
                guard !isCongested else { return }
                shard.value.releasePublishers()
                if shard.value.isHome { admitPublishers(shard.value) }
            }
        }
    }

    /// The part of the group on the loop whose thread this is.
    private func currentShard(_ operation: String) -> BroadcastShard {
        if home.loop.isCurrent { return home.value }
        guard let shard = others.first(where: { $0.loop.isCurrent }) else { Self.fail(operation) }
        return shard.value
    }

    /// The part of the group on a loop whose thread this is.
    private func shard(of loop: ServiceLoop, _ operation: String) -> BroadcastShard {
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
