/// What a connection has sent, and whether it may go on: looked into with each portion. Made for those who send at all.
struct SendingAccount: Sendable {
    /// What it was given last.
    private var portion = MessageAmount(messages: 1)
    private var meter = MessageMeter()
    /// What was paid for so far.
    private var paid = MessageAmount()
    /// Until when it is slowed down; a while after that it is told anew.
    private var slowedUntil = -Double.infinity

    /// For how long it has to be free before it is told again, in seconds.
    static let tellingInterval = 10.0

    /// What has to be done about one that sends more than it may.
    struct Slowing: Equatable {
        /// In seconds.
        let wait: Double
        /// It was free before.
        let isNews: Bool
    }

    /// Everything that was sent.
    func total(with current: SendingPortion) -> MessageAmount { paid + current.used(of: portion) }

    /// Pays for what was sent, and gives the next portion.
    ///
    /// - Returns: nil when it may go on at once.
    mutating func settle(
        _ current: inout SendingPortion,
        _ rates: RateSettings,
        subject: SharedMeter?,
        channel: SharedMeter,
        now: Double
    ) -> Slowing? {
        let used = current.used(of: portion)
        paid = paid + used
        portion = rates.portion
        current = SendingPortion(portion)
        var wait = meter.spend(used, of: rates.client, now: now)
        if let subject, rates.subject.isLimit { wait = max(wait, subject.spend(used, of: rates.subject, now: now)) }
        if rates.channel.isLimit { wait = max(wait, channel.spend(used, of: rates.channel, now: now)) }
        guard wait > 0 else {
            // Another rate may have freed it before its time.
            slowedUntil = min(slowedUntil, now)
            return nil
        }
        defer { slowedUntil = now + wait }
        return Slowing(wait: wait, isNews: now > slowedUntil + Self.tellingInterval)
    }
}
