/// What time demands of a connection: a sign of life of a peer that is silent, and the end of one that is idle, late or
/// stands still.
///
/// It is told what happens, and says what is due and when to ask it again; it reads no clock and touches no socket. Times
/// are milliseconds of the loop's clock; 0 stands for "not".
///
/// **A peer that takes bytes is alive**, however slow it is: whatever waits for the peer - a pong, the answer to a close
/// frame, room in the socket - waits anew from when it last took something. That is looked up at most four times in the
/// time that is allowed, and only while something waits.
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
        /// Messages of the peer are held back. Its signs may stand behind others, which are not read, so that what its system
        /// acknowledges counts as one.
        var isHeldBack = false
        /// When a message of a group last went out.
        var lastDelivery: UInt64 = 0
    }

    private var lastReceived: UInt64
    private var lastMessage: UInt64
    private var isPingQueued = false
    private var pingLeftAt: UInt64 = 0
    private var readingStoppedAt: UInt64 = 0
    private var socketFullSince: UInt64 = 0
    private var messageBegunAt: UInt64 = 0
    private var closingSince: UInt64 = 0
    /// The peer's progress when it was last looked up, when that was, and when it had last grown.
    private var progress: UInt64 = 0
    private var lastLook: UInt64 = 0
    private var lastGrowth: UInt64 = 0

    init(now: UInt64) {
        lastReceived = now
        lastMessage = now
    }

    // MARK: What happens

    /// Something came from the peer. True when a ping was waiting for that: the next one may be due sooner.
    mutating func heard(_ now: UInt64) -> Bool {
        lastReceived = now
        guard pingLeftAt != 0 else { return false }
        pingLeftAt = 0
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

    /// What came was a part of a message that its reader gets now: it is the next part that is waited for. True when it
    /// was the first.
    mutating func pieceHasArrived() -> Bool {
        lastMessage = lastReceived
        defer { messageBegunAt = max(lastReceived, 1) }
        return messageBegunAt == 0
    }

    /// What came completed a message.
    mutating func messageHasEnded() {
        messageBegunAt = 0
        lastMessage = lastReceived
    }

    /// The socket took not all that it was given. True when it took all before.
    mutating func writingStalled(_ now: UInt64) -> Bool {
        guard socketFullSince == 0 else { return false }
        socketFullSince = max(now, 1)
        return true
    }

    /// Everything that was written has left: a ping among it, too. True when there was one.
    mutating func everythingHasLeft(_ now: UInt64) -> Bool {
        socketFullSince = 0
        guard isPingQueued else { return false }
        isPingQueued = false
        pingLeftAt = max(now, 1)
        return true
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
        if pingLeftAt != 0 { pingLeftAt = max(now, 1) }
    }

    /// A close frame was queued, which is to leave and to be answered (RFC 6455 section 7.1.2).
    mutating func closingBegan(_ now: UInt64) {
        closingSince = max(now, 1)
    }

    /// The close frame has left: the peer has its time from now on.
    mutating func closeFrameLeft(_ now: UInt64) {
        closingSince = max(now, 1)
    }

    // MARK: What is due

    /// - Parameter peerProgress: looks up a number that grows while the peer takes bytes.
    mutating func demand(
        _ now: UInt64,
        _ settings: ConnectionSettings,
        _ situation: Situation,
        peerProgress: () -> UInt64
    ) -> Demand {
        if let allowed = allowedWithoutProgress(settings), now >= nextLook(allowed) { look(now, peerProgress()) }
        if closingSince != 0 { return now >= end(closingSince, settings.closeTimeout) ? .cut : .nothing }
        guard situation.isOpen else { return .nothing }
        if let end = endOfReaderStall(settings), now >= end { return .fail("messages are not read") }
        if socketFullSince != 0, now >= end(socketFullSince, settings.stallTimeout) {
            return .failAndCut("peer takes no messages")
        }
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
        guard pingLeftAt == 0 else {
            guard situation.isHeldBack, lastGrowth > pingLeftAt else { return .cut }
            pingLeftAt = 0
            lastReceived = lastGrowth
            return .nothing
        }
        isPingQueued = true
        return .ping
    }

    /// When something may be due next; nil for never.
    func next(_ now: UInt64, _ settings: ConnectionSettings, _ situation: Situation) -> UInt64? {
        let look = allowedWithoutProgress(settings).map { max(nextLook($0), now &+ 1) }
        if closingSince != 0 { return min(look ?? .max, max(end(closingSince, settings.closeTimeout), now)) }
        guard situation.isOpen else { return nil }
        let times = [
            look,
            endOfReaderStall(settings),
            socketFullSince == 0 ? nil : end(socketFullSince, settings.stallTimeout),
            endOfMessageTime(settings, situation),
            endOfIdleTime(settings, situation),
            timeOfKeepalive(settings, situation),
        ]
        return times.lazy.compactMap { $0 }.min()
    }

    // MARK: The peer's progress

    /// The shortest time that something waits for the peer without progress; nil when nothing does.
    private func allowedWithoutProgress(_ settings: ConnectionSettings) -> UInt64? {
        var allowed = UInt64.max
        if closingSince != 0 {
            allowed = settings.closeTimeout
        } else {
            if socketFullSince != 0 { allowed = settings.stallTimeout }
            if pingLeftAt != 0 { allowed = min(allowed, settings.keepaliveTimeout) }
        }
        return allowed == .max ? nil : allowed
    }

    private func nextLook(_ allowed: UInt64) -> UInt64 {
        max(lastLook, socketFullSince, pingLeftAt, closingSince).saturatingAdd(max(allowed / 4, 1))
    }

    private mutating func look(_ now: UInt64, _ current: UInt64) {
        // Nothing is known from before the first look, so that the peer has the benefit.
        if current > progress { lastGrowth = now }
        progress = current
        lastLook = max(now, 1)
    }

    /// The end of a time that begins anew whenever the peer takes something.
    private func end(_ begin: UInt64, _ allowed: UInt64) -> UInt64 {
        max(begin, lastGrowth).saturatingAdd(allowed)
    }

    // MARK: Times

    private func endOfReaderStall(_ settings: ConnectionSettings) -> UInt64? {
        readingStoppedAt == 0 ? nil : readingStoppedAt.saturatingAdd(settings.stallTimeout)
    }

    private func endOfMessageTime(_ settings: ConnectionSettings, _ situation: Situation) -> UInt64? {
        guard messageBegunAt != 0, situation.isReading else { return nil }
        return settings.messageTimeout.map { messageBegunAt.saturatingAdd($0) }
    }

    private func endOfIdleTime(_ settings: ConnectionSettings, _ situation: Situation) -> UInt64? {
        guard !situation.isHeldBack else { return nil }
        return settings.idleTimeout.map { max(lastMessage, situation.lastDelivery).saturatingAdd($0) }
    }

    /// When a ping is due, or the end when one is not answered. One that has not left yet waits for the socket.
    private func timeOfKeepalive(_ settings: ConnectionSettings, _ situation: Situation) -> UInt64? {
        guard let interval = settings.keepaliveInterval, !isPingQueued,
            situation.isReading || situation.isHeldBack
        else { return nil }
        return pingLeftAt != 0
            ? end(pingLeftAt, settings.keepaliveTimeout) : lastReceived.saturatingAdd(interval)
    }
}

extension UInt64 {
    /// A sum that stays at the largest number: a time that never comes.
    func saturatingAdd(_ other: UInt64) -> UInt64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
