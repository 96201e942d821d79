/// The sessions of all channels that have no connection, so that their number is bounded: the oldest are given up, but only
/// those of the address that has too many, as long as it can be so.
struct AbsentSessions<Session: Hashable & Sendable>: Sendable {
    /// How many are kept, unless something else is said.
    static var maximumCount: Int { 1_000 }
    /// How many of them one address may have.
    static var maximumShare: Int { 100 }

    private var all = RecencyMap<Session, AddressShare>()
    private var shares: [AddressShare: RecencyMap<Session, Void>] = [:]

    var count: Int { all.count }

    /// Puts in a session that has lost its connection.
    ///
    /// - Parameters:
    ///   - maximumCount: how many are kept.
    ///   - maximumShare: how many of them one address may have.
    /// - Returns: the one that is given up for it, if any.
    mutating func add(
        _ session: Session,
        of share: AddressShare,
        maximumCount: Int = Self.maximumCount,
        maximumShare: Int = Self.maximumShare
    ) -> Session? {
        remove(session)
        all[session] = share
        shares[share, default: RecencyMap()][session] = ()
        let own = shares[share]
        var victim: Session?
        if own?.count ?? 0 > maximumShare {
            victim = own?.first?.key
        } else if all.count > maximumCount {
            victim = own?.count ?? 0 > 1 ? own?.first?.key : all.first?.key
        }
        if let victim { remove(victim) }
        return victim
    }

    /// Takes out a session that has a connection again, or is forgotten.
    mutating func remove(_ session: Session) {
        guard let share = all.removeValue(forKey: session) else { return }
        shares[share]?.removeValue(forKey: session)
        if shares[share]?.isEmpty ?? false { shares[share] = nil }
    }
}
