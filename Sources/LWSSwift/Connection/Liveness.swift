/// What time demands of a connection: a sign of life of a peer that is silent, and the end of one that is idle, late or
/// stands still.
///
/// It is told what happens, and says what is due and when to ask it again; it reads no clock and touches no socket. Times
/// are milliseconds of the loop's clock; 0 stands for "not".
struct Liveness {
    /// What is due.
    enum Demand: Equatable {
        case nothing
        /// Ask the peer for a sign of life (RFC 6455 section 5.5.2).
        case ping
        /// Close, since nothing was said for long.
        case closeIdle
        /// Fail the connection for this reason, with 1008.
        case fail(String)
        /// The same, without waiting for an answer: the peer takes nothing.
        case failAndCut(String)
        /// End the connection without a word: the peer had its time.
        case cut
    }

    /// How the connection stands in the moment of the question.
    struct Situation {
        var isOpen = true
        /// While reading is stopped a peer's signs would not be seen, so they are not asked for.
        var isReading = true
        /// When a message of a group last went out.
        var lastDelivery: UInt64 = 0
    }

    private var lastReceived: UInt64
    private var lastMessage: UInt64
    private var pingSentAt: UInt64 = 0
    private var readingStoppedAt: UInt64 = 0
    private var writingStalledAt: UInt64 = 0
    private var messageBegunAt: UInt64 = 0
    private var closeDeadline: UInt64 = 0

    init(now: UInt64) {
        lastReceived = now
        lastMessage = now
    }

    // MARK: What happens

    /// Something came from the peer. True when a ping was waiting for that: the next one may be due sooner.
    mutating func heard(_ now: UInt64) -> Bool {
        lastReceived = now
        guard pingSentAt != 0 else { return false }
        pingSentAt = 0
        return true
    }

    mutating func sent(_ now: UInt64) {
        lastMessage = now
    }

    /// What came was a part of a message, and more is to come. True when it was the first.
    mutating func messageIsUnderWay() -> Bool {
        guard messageBegunAt == 0 else { return false }
        messageBegunAt = max(lastReceived, 1)
        return true
    }

    /// What came completed a message.
    mutating func messageHasEnded() {
        messageBegunAt = 0
        lastMessage = lastReceived
    }

    /// The socket took not all that it was given. True when it took all before.
    mutating func writingStalled(_ now: UInt64) -> Bool {
        guard writingStalledAt == 0 else { return false }
        writingStalledAt = max(now, 1)
        return true
    }

    mutating func writingWentOn() {
        writingStalledAt = 0
    }

    /// The reader of the messages has stopped the reading from the socket.
    mutating func readerStopped(_ now: UInt64) {
        readingStoppedAt = max(now, 1)
    }

    mutating func readerWentOn() {
        readingStoppedAt = 0
    }

    /// The socket is read from again. The silence was ours, and so was the time that a message or a pong under way took.
    mutating func readingWentOn(_ now: UInt64) {
        lastReceived = now
        if messageBegunAt != 0 { messageBegunAt = max(now, 1) }
        if pingSentAt != 0 { pingSentAt = max(now, 1) }
    }

    /// A close frame was sent, which the peer is to answer (RFC 6455 section 7.1.2).
    mutating func closingBegan(_ now: UInt64, _ settings: ConnectionSettings) {
        closeDeadline = now + settings.closeTimeout
    }

    // MARK: What is due

    mutating func demand(_ now: UInt64, _ settings: ConnectionSettings, _ situation: Situation) -> Demand {
        if closeDeadline != 0 { return now >= closeDeadline ? .cut : .nothing }
        guard situation.isOpen else { return .nothing }
        if let end = endOfStall(readingStoppedAt, settings), now >= end { return .fail("messages are not read") }
        if let end = endOfStall(writingStalledAt, settings), now >= end { return .failAndCut("peer takes no messages") }
        if let end = endOfMessageTime(settings, situation), now >= end { return .fail("message takes too long") }
        if let end = endOfIdleTime(settings, situation), now >= end { return .closeIdle }
        return demandOfKeepalive(now, settings, situation)
    }

    private mutating func demandOfKeepalive(
        _ now: UInt64,
        _ settings: ConnectionSettings,
        _ situation: Situation
    ) -> Demand {
        guard let time = timeOfKeepalive(settings, situation), now >= time else { return .nothing }
        guard pingSentAt == 0 else { return .cut }
        pingSentAt = max(now, 1)
        return .ping
    }

    /// When something may be due next; nil for never.
    func next(_ now: UInt64, _ settings: ConnectionSettings, _ situation: Situation) -> UInt64? {
        if closeDeadline != 0 { return now <= closeDeadline ? closeDeadline : nil }
        guard situation.isOpen else { return nil }
        let times = [
            endOfStall(readingStoppedAt, settings),
            endOfStall(writingStalledAt, settings),
            endOfMessageTime(settings, situation),
            endOfIdleTime(settings, situation),
            timeOfKeepalive(settings, situation),
        ]
        return times.lazy.compactMap { $0 }.min()
    }

    private func endOfStall(_ begin: UInt64, _ settings: ConnectionSettings) -> UInt64? {
        begin == 0 ? nil : begin + settings.stallTimeout
    }

    private func endOfMessageTime(_ settings: ConnectionSettings, _ situation: Situation) -> UInt64? {
        guard messageBegunAt != 0, situation.isReading else { return nil }
        return settings.messageTimeout.map { messageBegunAt + $0 }
    }

    private func endOfIdleTime(_ settings: ConnectionSettings, _ situation: Situation) -> UInt64? {
        settings.idleTimeout.map { max(lastMessage, situation.lastDelivery) + $0 }
    }

    /// When a ping is due, or the end when one is not answered.
    private func timeOfKeepalive(_ settings: ConnectionSettings, _ situation: Situation) -> UInt64? {
        guard let interval = settings.keepaliveInterval, situation.isReading else { return nil }
        return pingSentAt != 0 ? pingSentAt + settings.keepaliveTimeout : lastReceived + interval
    }
}
