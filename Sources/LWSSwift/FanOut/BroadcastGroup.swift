/// Connections, and event streams, that are all sent the same messages, in the same order: one message to very many at the cost of one `send`
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
/// the messages of the group. A connection may be a member of several groups; between groups there is no order. What is sent
/// is a *publication*, with a number of its own, or an *announcement* (``announce(_:in:from:includingSender:)``), which only
/// has its place among them.
///
/// **History.** A group may keep what was sent (``Configuration/history``). A member that comes back says what it had last, and
/// gets what it missed, then what comes, none of it twice: ``join(_:format:replaying:tag:)``.
///
/// **Memory and slow members.** The log is kept for the members that are behind, within the limits of
/// ``SlowMemberPolicy``; a group whose members are not behind holds nothing. Messages on their way between loops are
/// bounded by ``Configuration/maximumRelayBytes``. The history has bounds of its own. What is made of it for members that come
/// back is kept for five seconds, and as long as one of them still reads it: for each format and loop at most twice the
/// history, in the format's form. Who is sent of that and takes nothing of it for ``SlowMemberPolicy/maximumTimeBehind`` is let
/// go, whatever the policy says, since nothing of it can be dropped; and earlier, whoever stands still for longest first, when
/// on a loop more than 8 MiB of it, and four times what is made of the history now, is held.
///
/// **Threads.** ``join(_:format:tag:)`` and `trySend` are used on the loops of the group, ``send(_:)`` in any task.
public final class BroadcastGroup: Sendable {
    /// Settings of a group.
    public struct Configuration: Sendable {
        /// In how many forms a message may be sent, such as plain text for some members and JSON for others, at most 1,000.
        /// Default: 1.
        public var formats: Int
        /// What becomes of members that do not keep up.
        public var slowMembers: SlowMemberPolicy
        /// How messages are compressed for members that have agreed on it, once for all of them; nil to send all of them plain.
        public var compression: WebSocketCompression?
        /// With several loops: publishers are slowed down while more bytes than this are on their way between loops.
        /// Default: 8 MiB.
        public var maximumRelayBytes: Int
        /// What is kept of what was sent. Default: nothing.
        public var history: History
        /// How long event streams that nothing is sent to may be without a sign of life: then all are sent a comment, which
        /// nobody is told of, and which finds out who has gone without a word. nil for none. Default: 15 seconds, since what
        /// lies between often cuts what is idle for a minute.
        public var eventCommentInterval: Duration?
        /// Which run of numbers the positions of this group belong to. Default: a random one, so that positions of another
        /// group, or of one before, are known not to be of this.
        public var epoch: UInt64
        /// The number of the last publication before this group, when it goes on with the run of one before. Default: 0.
        public var lastNumber: UInt64

        public init(
            formats: Int = 1,
            slowMembers: SlowMemberPolicy = SlowMemberPolicy(),
            compression: WebSocketCompression? = WebSocketCompression(),
            maximumRelayBytes: Int = 8 << 20,
            history: History = .none,
            eventCommentInterval: Duration? = .seconds(15),
            epoch: UInt64 = Position.randomEpoch(),
            lastNumber: UInt64 = 0
        ) {
            self.formats = formats
            self.slowMembers = slowMembers
            self.compression = compression
            self.maximumRelayBytes = maximumRelayBytes
            self.history = history
            self.eventCommentInterval = eventCommentInterval
            self.epoch = epoch
            self.lastNumber = lastNumber
        }

        /// Checks the settings, which a group traps on: for those that a program was given by others.
        ///
        /// - Throws: ``WebSocketError/Code/invalidConfiguration`` with a sentence that names the setting.
        public func validate() throws(WebSocketError) {
            try SettingRules.require(
                1...Self.maximumFormats ~= formats,
                "formats must be from 1 to \(Self.maximumFormats)."
            )
            try SettingRules.require(maximumRelayBytes > 0, "maximumRelayBytes must be positive.")
            try SettingRules.requirePositive(eventCommentInterval, "eventCommentInterval")
            try history.validate()
            try slowMembers.validate()
            try compression?.validate()
        }

        /// Each takes a log on each loop, and a look with each message.
        private static let maximumFormats = 1_000
    }

    /// What became of a message.
    public enum SendResult: Sendable, Hashable {
        /// It goes out at the end of the turn.
        case queued
        /// It goes out too, but members, or other loops, do not keep up: send less. When the sender is a member, its
        /// connection is not read from until they have caught up.
        case congested
    }

    let configuration: Configuration
    let sequencer: Sequencer
    let congestion: Congestion
    /// Members on all loops, by encoding.
    private let memberCounts: [SharedCounter]
    private let lostMessages = SharedCounter()
    private let historyBytes = SharedCounter()
    /// For messages that all get as they are.
    let plain: BroadcastEnvelope

    /// Makes a group on one loop, or on several.
    ///
    /// - Parameters:
    ///   - loops: the loops its members live on; the first one makes the order.
    ///   - configuration: formats and limits; traps when they cannot be meant, see ``Configuration/validate()``.
    public init(on loops: [ServiceLoop], _ configuration: Configuration = Configuration()) {
        guard let first = loops.first else { preconditionFailure("A group needs a loop.") }
        do throws(WebSocketError) {
            try configuration.validate()
        } catch {
            preconditionFailure("A group cannot have these settings: \(error.message)")
        }
        self.configuration = configuration
        let memberCounts = (0..<configuration.formats * LaneEncoding.Kind.count).map { _ in SharedCounter() }
        let congestion = Congestion(loops, maximumRelayBytes: configuration.maximumRelayBytes)
        let (lostMessages, historyBytes) = (lostMessages, historyBytes)
        func shard(_ loop: ServiceLoop) -> LoopBound<BroadcastShard> {
            let shard = BroadcastShard(
                loop,
                configuration,
                congestion,
                historyBytes: loop === first ? historyBytes : nil,
                memberCounts: memberCounts,
                lostMessages: lostMessages
            )
            return LoopBound(loop, shard)
        }
        let shards = BroadcastShards(home: shard(first), others: loops.dropFirst().map { shard($0) })
        sequencer = Sequencer(shards, congestion, formats: configuration.formats, memberCounts: memberCounts)
        self.congestion = congestion
        self.memberCounts = memberCounts
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

    /// Bytes of the history, each publication counted with 64 more; may be read on any thread.
    public var historyByteCount: Int { historyBytes.current }

    /// The place of the last publication, as the loop has it on which this is asked: one of the group's.
    public var position: Position { place(sequencer.shards.current("BroadcastGroup.position").lastNumber) }

    /// What became of the publications on the loop this is asked on, one of the group's: exact, and at the cost of a look at
    /// each member that is behind.
    public var deliveries: BroadcastDeliveries { sequencer.shards.current("BroadcastGroup.deliveries").deliveries }

    func place(_ number: UInt64) -> Position { Position(epoch: configuration.epoch, number: number) }

    // MARK: Members

    /// Makes a connection or an event stream a member: it gets the messages that are sent from now on, until it leaves or ends.
    ///
    /// On the subscriber's loop only, which must be one of the group's. In an event stream each message is an event, with the
    /// position as its `id:` if it is a publication; never compressed.
    ///
    /// - Parameters:
    ///   - subscriber: an open connection in the server role, or an open event stream, not a member yet. One that is closing
    ///     has left at once.
    ///   - format: which of the ``Configuration/formats`` it gets, counted from 0.
    ///   - tag: messages that were sent with it are the member's own, from whatever connection they come.
    @discardableResult
    public func join(_ subscriber: some BroadcastSubscribing, format: Int = 0, tag: SessionTag? = nil)
        -> BroadcastMember
    {
        join(subscriber.subscriber.core, format: format, tag) { _, _, _ in nil }
    }

    /// Makes a connection or an event stream a member that is sent a part of the group's history, and then what comes: in
    /// order, nothing twice, and nothing left out but what the result tells.
    ///
    /// On the subscriber's loop only, which must be one of the group's. How far the member is behind with what is replayed is
    /// no matter of the ``SlowMemberPolicy``.
    ///
    /// - Parameters:
    ///   - subscriber: an open connection in the server role, or an open event stream, not a member yet. One that is closing
    ///     has left at once.
    ///   - format: which of the ``Configuration/formats`` it gets, counted from 0.
    ///   - replay: what it is sent of the history.
    ///   - tag: messages that were sent with it are the member's own, from whatever connection they come: they are left out
    ///     of what is replayed, and later too unless they are sent including their sender.
    /// - Returns: the member, and what it is sent.
    public func join(
        _ subscriber: some BroadcastSubscribing,
        format: Int = 0,
        replaying replay: Replay,
        tag: SessionTag? = nil
    ) -> (member: BroadcastMember, resumption: Resumption) {
        let none = position
        var resumption = Resumption(start: none, end: none, missing: nil)
        let member = join(subscriber.subscriber.core, format: format, tag) { shard, encoding, lane in
            let resumed = shard.resume(replay, encoding, lane.framing, leavingOut: tag)
            resumption = resumed.resumption
            return resumed.reader
        }
        return (member, resumption)
    }

    private func join(
        _ core: Subscriber,
        format: Int,
        _ tag: SessionTag?,
        _ replay: (BroadcastShard, LaneEncoding, BroadcastLane) -> ReplayReader?
    ) -> BroadcastMember {
        let shard = sequencer.shards.part(on: core.loop, "BroadcastGroup.join")
        precondition(
            (core as? ConnectionCore)?.role != .client,
            "Members of a group are a server's connections: a client's frames are masked."
        )
        precondition(0..<configuration.formats ~= format, "The group has no format \(format).")
        precondition(
            !core.memberships.contains { $0.group === self && !$0.isLeaving },
            "The connection is a member of the group already."
        )
        let encoding = LaneEncoding(format: format, encodingKind(for: core))
        let lane = shard.lane(encoding)
        let member = BroadcastMember(self, lane, core, tag)
        if core.isOpen { member.join(shard, behind: replay(shard, encoding, lane)) }
        return member
    }

    private func encodingKind(for core: Subscriber) -> LaneEncoding.Kind {
        guard let connection = core as? ConnectionCore else { return .events }
        // A peer that asked for a smaller window is sent everything plain: it would need a compressed form of its own.
        let takesDeflated = connection.handshake.compression?.acceptsSharedDeflate ?? false
        return takesDeflated && configuration.compression != nil ? .compressed : .plain
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
    ///   - tag: names who sends it beyond this connection, see ``join(_:format:replaying:tag:)``.
    ///   - onSequenced: called on the sender's loop once the message has its place in the order there, with that place.
    @discardableResult
    public func trySend(
        _ message: WebSocketMessage,
        in envelope: BroadcastEnvelope? = nil,
        from sender: BroadcastMember? = nil,
        includingSender: Bool = false,
        tag: SessionTag? = nil,
        onSequenced: (@Sendable (BroadcastContext) -> Void)? = nil
    ) -> SendResult {
        trySend(
            message.borrowed,
            in: envelope,
            from: sender,
            includingSender: includingSender,
            tag: tag,
            onSequenced: onSequenced
        )
    }

    /// Sends a message that is lent: it is copied into the group's log at once, and nothing else is made of it. It has to be
    /// kept only where another loop makes the order.
    ///
    /// The parameters are those of ``trySend(_:in:from:includingSender:tag:onSequenced:)-(WebSocketMessage,_,_,_,_,_)``.
    @discardableResult
    public func trySend(
        _ message: BorrowedMessage,
        in envelope: BroadcastEnvelope? = nil,
        from sender: BroadcastMember? = nil,
        includingSender: Bool = false,
        tag: SessionTag? = nil,
        onSequenced: (@Sendable (BroadcastContext) -> Void)? = nil
    ) -> SendResult {
        submit(
            message,
            in: envelope,
            .init(
                role: .publication,
                sender: sender,
                includesSender: includingSender,
                tag: tag,
                onSequenced: onSequenced
            )
        )
    }

    /// Sends a message that is no publication: it has its place in the order, but no number, and the history does not keep it.
    /// For what is true of this moment only, such as that somebody has come.
    ///
    /// On one of the group's loops only. Never waits. The parameters are those of
    /// ``trySend(_:in:from:includingSender:tag:onSequenced:)-(WebSocketMessage,_,_,_,_,_)``.
    @discardableResult
    public func announce(
        _ message: WebSocketMessage,
        in envelope: BroadcastEnvelope? = nil,
        from sender: BroadcastMember? = nil,
        includingSender: Bool = false
    ) -> SendResult {
        submit(
            message.borrowed,
            in: envelope,
            .init(role: .announcement, sender: sender, includesSender: includingSender, tag: nil, onSequenced: nil)
        )
    }

    @inline(__always)
    private func submit(
        _ message: BorrowedMessage,
        in envelope: BroadcastEnvelope?,
        _ dispatch: Sequencer.Dispatch
    ) -> SendResult {
        let envelope = envelope ?? plain
        precondition(
            envelope.formatCount == configuration.formats,
            "An envelope needs a form for each of the group's \(configuration.formats) formats."
        )
        sequencer.submit(message, in: envelope, dispatch)
        guard congestion.isPresent else { return .queued }
        // Nothing more is read from the sender until the others have caught up.
        if let sender = dispatch.sender { congestion.pause(sender.core) }
        return .congested
    }

    /// Sends a message to all members, from any task; waits while members that still read are too far behind.
    ///
    /// Returning means that the message has its place in the order, and goes out at the end of the turn.
    ///
    /// - Throws: ``WebSocketError/Code/cancelled`` when the task was cancelled before that,
    ///   ``WebSocketError/Code/loopStopped`` after the shutdown of the group's first loop.
    public func send(_ message: WebSocketMessage) async throws(WebSocketError) {
        try await inTurn { self.trySend(message) }
    }

    /// Whether publishers are to wait, as ``SendResult/congested`` says; may be read on any thread.
    public var isCongested: Bool { congestion.isPresent }

    /// Waits, as ``send(_:)`` does, until the group is not congested: for who sends with `trySend` in the name of somebody
    /// that has no connection which could be slowed down.
    ///
    /// - Throws: what ``send(_:)`` throws.
    public func waitForMembers() async throws(WebSocketError) {
        try await inTurn {}
    }

    private func inTurn(_ body: @escaping @Sendable () -> Void) async throws(WebSocketError) {
        let ticket = Ticket()
        let loop = sequencer.shards.home.loop
        let result: Result<Void, WebSocketError> = await withTaskCancellationHandler {
            await WaitingTask.wait { task in
                let isQueued = loop.submit(
                    .closure { [self] in
                        guard !ticket.isCancelled else { return task.finish(.failure(.cancelled)) }
                        congestion.admit(.init(ticket: ticket, body: body, task: task))
                    }
                )
                if !isQueued { task.finish(.failure(.loopStopped)) }
            }
        } onCancel: {
            ticket.cancel()
            congestion.cancel(ticket)
        }
        try result.get()
    }
}
