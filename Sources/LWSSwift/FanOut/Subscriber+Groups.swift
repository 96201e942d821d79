/// What a subscriber does for the groups it is a member of: it writes what the end of a turn does not write for all members
/// alike, in order with what is for it alone.
extension Subscriber {
    /// Has its memberships stand apart, and gives what of their logs goes before a frame that is queued now.
    @discardableResult
    func standApart() -> [OutboundQueue.Mark] {
        guard !memberships.isEmpty else { return [] }
        var marks: [OutboundQueue.Mark] = []
        for member in memberships {
            member.standApart()
            if let mark = member.unsentMark { marks.append(mark) }
        }
        return marks
    }

    /// The same for a frame that a client may take for a sign of how far it has come: what its memberships have lost is told
    /// before it.
    func standApartForFrame() -> [OutboundQueue.Mark] {
        for member in memberships { member.tellLossSoFar() }
        return standApart()
    }

    func leaveGroups() {
        while let member = memberships.last { member.remove() }
    }

    /// Writes what a member that leaves has not been sent yet, as far as the socket takes it.
    func writeBeforeLeaving(_ member: BroadcastMember) {
        guard let outlet, isOpen, hasNothingToWrite else { return }
        member.standApart()
        var writer = TurnWriter(outlet, loop.gatherBuffer)
        _ = write(member, upTo: member.lane.log.end, &writer)
        finish(&writer)
    }

    /// Writes what a member is to get up to `limit` ahead of the end of the turn, unless something else goes before it.
    func writeAlong(_ member: BroadcastMember, upTo limit: LogPosition) {
        guard let outlet, isOpen, hasNothingToWrite, memberships.count == 1 else { return }
        var writer = TurnWriter(outlet, loop.gatherBuffer)
        _ = write(member, upTo: limit, &writer)
        finish(&writer)
    }

    /// Writes the frames that are queued and what the logs have, each frame at its place, until the socket is full.
    func writeWithGroups(_ outlet: Outlet) {
        var writer = TurnWriter(outlet, loop.gatherBuffer)
        // Nothing of the logs may come between the fragments of a message that is streamed.
        if writeUrgent(&writer), finishMessage(&writer), writeQueued(&writer), outbound.isEmpty {
            for member in memberships where !write(member, upTo: member.lane.log.flushed, &writer) { break }
        }
        finish(&writer)
        guard !writer.isStopped else { return }
        for member in memberships where outbound.isEmpty { member.rejoinIfCaughtUp() }
    }

    /// Writes pings and pongs, which may go between any two frames (RFC 6455 section 5.5). False when the socket is full.
    private func writeUrgent(_ writer: inout TurnWriter) -> Bool {
        guard !outbound.urgent.isEmpty else { return true }
        guard unsafe outbound.urgent.withUnsafeBytes({ unsafe writer.take($0) }) else { return false }
        outbound.removeUrgent()
        return true
    }

    /// Writes the rest of a message that is under way: nothing may come between its fragments (RFC 6455 section 5.4), not
    /// even from another group. False when the socket is full.
    private func finishMessage(_ writer: inout TurnWriter) -> Bool {
        guard memberships.count > 1, let member = memberships.first(where: \.isWithinMessage) else { return true }
        return write(member, upTo: member.endOfMessage, &writer)
    }

    /// False when the socket is full, or a frame waits for the end of the turn.
    private func writeQueued(_ writer: inout TurnWriter) -> Bool {
        while let segment = outbound.first {
            for mark in segment.marks where mark.member.standing != .left {
                let flushed = mark.member.lane.log.flushed
                guard write(mark.member, upTo: min(mark.position, flushed), &writer) else { return false }
                // What goes before it waits for the end of the turn, and so does the frame.
                if flushed < mark.position { return false }
            }
            let isTaken = unsafe segment.bytes.withUnsafeBytes { unsafe writer.take($0) }
            guard isTaken else { return false }
            outbound.removeFirst()
        }
        return true
    }

    /// False when the socket is full, or it is others' turn to get what they missed.
    private func write(_ member: BroadcastMember, upTo limit: LogPosition, _ writer: inout TurnWriter) -> Bool {
        guard case .apart = member.standing else { return true }
        while true {
            while let piece = member.peek(limit: limit) {
                if member.isReplaying, !loop.replays.admits(self) { return false }
                guard unsafe writer.take(UnsafeRawBufferPointer(start: piece.start, count: piece.count)) else {
                    return false
                }
                // lws keeps a copy of what a full socket does not take.
                if member.isReplaying {
                    writer.flush()
                    loop.replays.count(piece.count)
                }
                member.lane.totals.sentBytes += piece.count
                member.advance(to: piece.end)
            }
            guard let notice = member.notice(before: limit) else { return true }
            guard write(notice, &writer) else { return false }
            member.noticed()
        }
    }

    /// Writes what stands in the place of messages. False when the socket is full.
    private func write(_ notice: BroadcastMember.Notice, _ writer: inout TurnWriter) -> Bool {
        unsafe bytes(of: notice).withUnsafeBytes { unsafe writer.take($0) }
    }

    private func finish(_ writer: inout TurnWriter) {
        writer.flush()
        if let outcome = writer.outcome { noteWritten(outcome, writer.byteCount) }
    }
}
