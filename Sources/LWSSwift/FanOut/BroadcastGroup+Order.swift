/// What else has its place in the order of a group.
extension BroadcastGroup {
    /// Has `body` run on the group's first loop, behind everything that this loop has sent to the group: at once when this is
    /// the first loop. The place for what decides about the order, such as who is a member.
    ///
    /// On one of the group's loops only.
    public func atHome(_ body: @escaping @Sendable () -> Void) {
        sequencer.callHome(body)
    }

    /// Has `body` run on a loop of the group at this very place of the order: what was sent before has its place in the log of
    /// that loop, what is sent afterwards has not. A connection that joins there gets exactly what is sent from now on.
    ///
    /// On the group's first loop only.
    public func inOrder(on loop: ServiceLoop, _ body: @escaping @Sendable () -> Void) {
        sequencer.shards.home.loop.preconditionIsCurrent("BroadcastGroup.inOrder")
        sequencer.call(on: loop, body)
    }
}

/// Places that are decided elsewhere.
extension BroadcastGroup {
    /// A place in an order that others make, such as a log that several processes share.
    public struct Place: Sendable, Hashable {
        /// Greater than that of every publication before; they need not follow one another, see ``History/hasHoles``.
        public let number: UInt64
        /// In milliseconds since 1970-01-01 00:00 UTC.
        public let time: Int64

        public init(number: UInt64, time: Int64) {
            self.number = number
            self.time = time
        }
    }

    /// Sends a message that has its place already.
    ///
    /// On the group's first loop only; a group gets all of its publications this way, or none. The other parameters are those of
    /// ``trySend(_:in:from:includingSender:tag:onSequenced:)-(WebSocketMessage,_,_,_,_,_)``.
    @discardableResult
    public func trySend(
        _ message: BorrowedMessage,
        at place: Place,
        in envelope: BroadcastEnvelope? = nil,
        from sender: BroadcastMember? = nil,
        includingSender: Bool = false,
        tag: SessionTag? = nil
    ) -> SendResult {
        let home = sequencer.shards.home
        home.loop.preconditionIsCurrent("BroadcastGroup.trySend(at:)")
        precondition(place.number > home.value.lastNumber, "Places only go forward.")
        home.value.lastNumber = place.number - 1
        home.value.givenTime = place.time
        return trySend(message, in: envelope, from: sender, includingSender: includingSender, tag: tag)
    }
}

extension BroadcastGroup {
    /// Says that the order has come to a place where nothing was sent: ``position`` is there from now on, on each loop in its
    /// turn. Does nothing when the group is there already. On the group's first loop only, for one whose places are given.
    public func advance(to number: UInt64) {
        let home = sequencer.shards.home
        home.loop.preconditionIsCurrent("BroadcastGroup.advance")
        guard number > home.value.lastNumber else { return }
        home.value.lastNumber = number
        for shard in sequencer.shards.others {
            inOrder(on: shard.loop) { shard.value.lastNumber = max(number, shard.value.lastNumber) }
        }
    }
}

/// The history of a group.
extension BroadcastGroup {
    /// What the loop has that this is asked on, one of the group's, behind a position of this group.
    ///
    /// - Parameters:
    ///   - number: of that position.
    ///   - limit: how many publications at most, the oldest of those.
    public func records(after number: UInt64, limit: Int) -> [BroadcastRecord] {
        history("BroadcastGroup.records")?.records(after: number).prefix(max(limit, 0)).map(record) ?? []
    }

    /// What the loop has that this is asked on, one of the group's, before a publication and without it.
    ///
    /// - Parameters:
    ///   - number: of that publication.
    ///   - limit: how many publications at most, the latest of those.
    /// - Returns: from the oldest to the latest.
    public func records(before number: UInt64, limit: Int) -> [BroadcastRecord] {
        history("BroadcastGroup.records")?.records(before: number).suffix(max(limit, 0)).map(record) ?? []
    }

    /// Whether the numbers of publications need not follow one another: ``History/hasHoles``.
    public var numbersHaveHoles: Bool { configuration.history.hasHoles }

    /// What a join would come to that asked for this now: for those who tell the member before it is sent the first message.
    ///
    /// On one of the group's loops only.
    public func resumption(of replay: Replay) -> Resumption {
        sequencer.shards.current("BroadcastGroup.resumption").resumption(of: replay)
    }

    /// How many publications the history has on the loop this is asked on, one of the group's.
    public var historyMessageCount: Int { history("BroadcastGroup.historyMessageCount")?.count ?? 0 }

    private func history(_ operation: String) -> ShardHistory? {
        sequencer.shards.current(operation).history
    }

    private func record(_ stored: BroadcastRecord.Stored) -> BroadcastRecord {
        BroadcastRecord(
            position: place(stored.number),
            time: stored.time,
            message: stored.withMessage { $0.message },
            envelope: stored.envelope === plain ? nil : stored.envelope,
            tag: stored.tag
        )
    }

    /// Lets go of what is older than ``History/maximumAge``, also when nothing is sent any more. On any thread.
    public func trimHistory() {
        forEachHistory { $0.trim() }
    }

    /// Lets go of the whole history: who comes back is told that it has expired. On any thread.
    public func dropHistory() {
        forEachHistory { $0.removeAll() }
    }

    private func forEachHistory(_ body: @escaping @Sendable (ShardHistory) -> Void) {
        for shard in [sequencer.shards.home] + sequencer.shards.others {
            shard.loop.execute { if let history = shard.value.history { body(history) } }
        }
    }

    /// Has `body` called on the group's first loop at the end of each turn with the publications of the turn, before members
    /// are sent them: to write them down, or to send them elsewhere. On the first loop only; nil to end it. Needs a
    /// ``Configuration/history``, and costs nothing as long as there is none.
    public func onRecords(_ body: ((borrowing BroadcastRecords) -> Void)?) {
        let home = sequencer.shards.home
        home.loop.preconditionIsCurrent("BroadcastGroup.onRecords")
        guard let history = home.value.history else { return }
        let (plain, epoch) = (plain, configuration.epoch)
        history.tap = body.map { body in
            { stored, last, oldest in
                let position = Position(epoch: epoch, number: last)
                body(BroadcastRecords(stored, plain: plain, position: position, oldest: oldest))
            }
        }
    }

    /// Puts what was written down into the history: publications of this run of numbers, the oldest first, up to
    /// ``Configuration/lastNumber``. On the first loop only, before the first message is sent and the first member joins.
    public func restore(_ records: some Sequence<BroadcastRecord>) {
        let home = sequencer.shards.home
        home.loop.preconditionIsCurrent("BroadcastGroup.restore")
        for record in records where record.position.epoch == configuration.epoch {
            home.value.history?.restore(record, in: record.envelope ?? plain)
            guard let stored = home.value.history?.last else { continue }
            for shard in sequencer.shards.others {
                inOrder(on: shard.loop) { shard.value.history?.append(stored, number: stored.number) }
            }
        }
    }
}
