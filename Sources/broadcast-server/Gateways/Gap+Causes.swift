import LWSSwift

extension Recall {
    /// What the group is asked for; nil for nothing of its history.
    var replay: BroadcastGroup.Replay? {
        switch self {
        case .nothing: nil
        case .after(let position): .after(position)
        case .last(let count): .last(count)
        case .malformed: .everything
        case .forbidden: .last(0)
        }
    }
}

extension Visit {
    /// What the client asked for and does not get; nil when it gets all of it.
    func gap(_ resumption: BroadcastGroup.Resumption) -> Gap? {
        let reason: Gap.Reason
        var missing: UInt64?
        switch (recall, resumption.missing) {
        case (.malformed, _): reason = .malformed
        case (.forbidden, _): reason = .forbidden
        case (.after, .expired(let count)): (reason, missing) = (.expired, NumberJump.isIn(count) ? nil : count)
        case (.after, .otherEpoch): reason = .epoch
        case (.after, .ahead): reason = .future
        // One that asks for the latest takes what there is.
        default: return nil
        }
        return Gap(from: position, to: PositionText(resumption.start), missing: missing, reason: reason, behind: nil)
    }
}

extension Gap {
    /// What one that does not keep up was not sent.
    init(_ loss: BroadcastLoss) {
        let (seconds, attoseconds) = loss.timeBehind.components
        self.init(
            from: PositionText(loss.start),
            to: PositionText(loss.end),
            missing: UInt64(loss.messageCount),
            reason: .slow,
            behind: Lag(bytes: loss.bytesBehind, milliseconds: seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
        )
    }
}
