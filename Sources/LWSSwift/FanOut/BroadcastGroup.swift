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

        /// Checks the settings, which a group traps on: for those that a program was given by others.
        ///
        /// - Throws: ``WebSocketError/Code/invalidConfiguration`` with a sentence that names the setting.
        public func validate() throws(WebSocketError) {
            try SettingRules.require(
                1...Self.maximumFormats ~= formats,
                "formats must be from 1 to \(Self.maximumFormats)."
            )
            try SettingRules.require(maximumRelayBytes > 0, "maximumRelayBytes must be positive.")
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

    private let configuration: Configuration
    private let sequencer: Sequencer
    let congestion: Congestion
    /// Members on all loops, by encoding.
    private let memberCounts: [SharedCounter]
    private let lostMessages = SharedCounter()
    /// For messages that all get as they are.
    private let plain: BroadcastEnvelope

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
        let memberCounts = (0..<configuration.formats * BroadcastLane.Encoding.perFormat).map { _ in SharedCounter() }
        let congestion = Congestion(loops, maximumRelayBytes: configuration.maximumRelayBytes)
        let lostMessages = lostMessages
        func shard(_ loop: ServiceLoop) -> LoopBound<BroadcastShard> {
            let shard = BroadcastShard(
                loop,
                configuration,
                congestion,
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
        let shard = sequencer.shards.part(on: core.loop, "BroadcastGroup.join")
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
        let isCompressed = takesDeflated && configuration.compression != nil
        let encoding = BroadcastLane.Encoding(format: format, isCompressed: isCompressed)
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
        sequencer.submit(message, in: envelope, from: sender, includingSender: includingSender, onSequenced)
        guard congestion.isPresent else { return .queued }
        // Nothing more is read from the sender until the others have caught up.
        if let sender { congestion.pause(sender.core) }
        return .congested
    }

    /// Sends a message to all members, from any task; waits while members that still read are too far behind.
    ///
    /// Returning means that the message has its place in the order, and goes out at the end of the turn.
    ///
    /// - Throws: ``WebSocketError/Code/cancelled`` when the task was cancelled before that,
    ///   ``WebSocketError/Code/loopStopped`` after the shutdown of the group's first loop.
    public func send(_ message: WebSocketMessage) async throws(WebSocketError) {
        let ticket = Ticket()
        let loop = sequencer.shards.home.loop
        let result: Result<Void, WebSocketError> = await withTaskCancellationHandler {
            await WaitingTask.wait { task in
                let isQueued = loop.submit(
                    .closure { [self] in
                        guard !ticket.isCancelled else { return task.finish(.failure(.cancelled)) }
                        congestion.admit(.init(ticket: ticket, body: { self.trySend(message) }, task: task))
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
