internal import CLibWebSockets

extension ServiceLoop {
    /// Turns until shut down: serve what is ready, run jobs, write what was queued.
    func runTurns() {
        guard let context = unsafe context, let engine else { return }
        // The first turn does not wait: jobs may have come before the queue could wake the context.
        var mayWait = false
        while true {
            clock.invalidate()
            unsafe engine.turn(context, waiting: mayWait)
            if turnBegin == 0 { turnBegin = clock.nanosecondsOfNow }
            runJobs()
            if mayAbsorbMore() {
                mayWait = false
                continue
            }
            endTurn()
            turnMeter.turnEnded(from: turnBegin, to: LoopClock.nanoseconds)
            turnBegin = 0
            mayWait = jobs.isEmpty && !jobQueue.hasLocalJobs && hasNothingToSend && doomed.isEmpty
            if isShuttingDown, mayWait, hasNothingToServe, jobQueue.closeIfEmpty() { return }
        }
    }

    /// Runs jobs, in order. Neither many of them nor one that keeps making jobs can keep the sockets waiting: after so many
    /// they are served again, and when a slab has filled its members are.
    private func runJobs() {
        var budget = Self.jobsPerTurn
        repeat {
            // Jobs may make jobs; those run in the next round, in order.
            if jobs.isEmpty { jobs.refill(from: jobQueue) }
            if jobs.isEmpty { return }
            do {
                let round = jobs.begin(atMost: budget)
                budget -= round.count
                for job in round { perform(job) }
            }
            jobs.release()
        } while budget > 0 && !hasFilledSlab
    }

    private static let jobsPerTurn = 4_096

    /// Whether to serve the sockets once more before messages of groups are written: input keeps coming, and the oldest such
    /// message has not waited for long. A read takes 1 KiB, so the messages of a burst come in several turns; together they
    /// go out in one write for each member, at a third of the cost. One write takes a slab, so beyond what the pool keeps
    /// there is nothing to gain.
    private func mayAbsorbMore() -> Bool {
        guard hasReceived, !hasAccepted, unflushedBytes < Self.maximumAbsorbedBytes, !unflushedLanes.isEmpty else {
            return false
        }
        hasReceived = false
        let now = LoopClock.nanoseconds
        if absorbDeadline == 0 { absorbDeadline = now + absorbNanoseconds }
        return now < absorbDeadline
    }

    /// How long a message may wait for others: as long as the last writing took, since to wait for as long as the work takes
    /// at most doubles a latency, and never for less than 100 µs or more than a millisecond.
    private static let absorbLimits: ClosedRange<UInt64> = 100_000...1_000_000
    private static let maximumAbsorbedBytes = SlabPool.keptSlabs * SlabPool.slabBytes

    /// Whether everything that was sent is on its way: what a closure sends while the end of a turn writes, is for the end of
    /// the next, which must not wait for an event then.
    private var hasNothingToSend: Bool {
        unrelayed.isEmpty && unflushedLanes.isEmpty && unflushed.isEmpty && replays.isEmpty
    }

    /// The end of a turn: everything that was queued in it goes out, one write a connection.
    private func endTurn() {
        for hook in turnHooks { hook.body() }
        relayMessages()
        flushLanes()
        continueReplays()
        flushConnections()
        checkMembers()
        closeSockets()
    }

    private func checkMembers() {
        guard !unchecked.isEmpty else { return }
        let watches = unchecked
        unchecked = []
        for watch in watches { watch.checkMembers() }
    }

    /// Behind what is new, and before those who have come in this turn.
    private func continueReplays() {
        replays.beginTurn()
        while let subscriber = replays.next() { subscriber.write() }
    }

    private func flushConnections() {
        guard !unflushed.isEmpty else { return }
        swap(&unflushed, &spareUnflushed)
        for connection in spareUnflushed { connection.flush() }
        spareUnflushed.removeAll(keepingCapacity: spareUnflushed.count < 1_024)
    }

    /// Has lws close what was to be closed in this turn. Who hears of an end may end others.
    private func closeSockets() {
        while !doomed.isEmpty {
            let sockets = doomed
            doomed = []
            for socket in sockets { socket.closeNow() }
        }
        if !retired.isEmpty { retired = [] }
    }

    private func relayMessages() {
        guard !unrelayed.isEmpty else { return }
        let relays = unrelayed
        unrelayed = []
        for relay in relays { relay() }
    }

    /// The members of groups are written to before the connections that have more to say, since these go on from there.
    private func flushLanes() {
        hasReceived = false
        hasAccepted = false
        hasFilledSlab = false
        unflushedBytes = 0
        absorbDeadline = 0
        guard !unflushedLanes.isEmpty else { return }
        swap(&unflushedLanes, &spareUnflushedLanes)
        let begin = LoopClock.nanoseconds
        for lane in spareUnflushedLanes { lane.flush() }
        let end = LoopClock.nanoseconds
        writing.add(nanoseconds: end - turnBegin)
        absorbNanoseconds = min(max(end - begin, Self.absorbLimits.lowerBound), Self.absorbLimits.upperBound)
        spareUnflushedLanes.removeAll(keepingCapacity: true)
    }

    /// Calls `body` at the end of every turn, after jobs ran and before queued messages are written. On the loop only.
    ///
    /// - Returns: what ``removeTurnHook(_:)`` takes.
    public func addTurnHook(_ body: @escaping () -> Void) -> TurnHook {
        preconditionIsCurrent("ServiceLoop.addTurnHook")
        nextTurnHookID += 1
        turnHooks.append((nextTurnHookID, body))
        return TurnHook(id: nextTurnHookID)
    }

    /// Ends the calls of a hook. On the loop only.
    public func removeTurnHook(_ hook: TurnHook) {
        preconditionIsCurrent("ServiceLoop.removeTurnHook")
        turnHooks.removeAll { $0.id == hook.id }
    }

    /// Names a hook that was added with ``addTurnHook(_:)``.
    public struct TurnHook: Sendable, Hashable {
        let id: Int
    }

    // MARK: Deadlines

    /// Milliseconds since the loop began.
    @inline(__always) var now: UInt64 { clock.now }
    /// Milliseconds since 1970-01-01 00:00 UTC.
    @inline(__always) var wallTime: Int64 { clock.wallTime }

    /// Calls the socket's ``LoopSocket/deadlineReached(_:)`` at `time`, or earlier when it has an earlier deadline.
    func schedule(_ socket: LoopSocket, at time: UInt64) {
        let tick = (time + TimerWheel.tickMilliseconds - 1) / TimerWheel.tickMilliseconds
        guard tick < socket.scheduledTick else { return }
        if timers.isEmpty {
            // An empty wheel stands still; the hand must not have to pass the ticks it slept through.
            _ = timers.advance(to: now / TimerWheel.tickMilliseconds)
        }
        socket.scheduledTick = timers.add(socket.token, at: tick)
        if socket.scheduledTick < armedTick ?? .max { arm(socket.scheduledTick) }
    }

    /// The engine's timer: fires what is due and sets the timer to what comes next.
    func timerFired() {
        armedTick = nil
        clock.invalidate()
        let now = now
        for (token, tick) in timers.advance(to: now / TimerWheel.tickMilliseconds) {
            guard let socket = sockets[token], socket.scheduledTick == tick else { continue }
            socket.scheduledTick = .max
            if let next = socket.deadlineReached(now), sockets[token] === socket { schedule(socket, at: next) }
        }
        if let next = timers.nextDue, next < armedTick ?? .max { arm(next) }
    }

    private func arm(_ tick: UInt64) {
        armedTick = tick
        let due = tick * TimerWheel.tickMilliseconds
        let now = now
        engine?.setTimer(milliseconds: due > now ? due - now : 0)
    }
}
