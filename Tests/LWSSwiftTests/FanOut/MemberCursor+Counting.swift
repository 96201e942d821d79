@testable import LWSSwift

extension MemberCursor.Arrival {
    /// Where a member stands, and how many publications it has lost.
    enum Counted: Equatable {
        case isBehind
        case hasCaughtUp(lostMessages: Int)
        case waitsForNextFlush(lostMessages: Int)
        case hasStopped(MemberCursor.StopPurpose)
    }

    var counted: Counted {
        switch self {
        case .isBehind: .isBehind
        case .hasCaughtUp(let loss): .hasCaughtUp(lostMessages: loss?.tally.publications ?? 0)
        case .waitsForNextFlush(let loss): .waitsForNextFlush(lostMessages: loss?.tally.publications ?? 0)
        case .hasStopped(let purpose): .hasStopped(purpose)
        }
    }
}

extension MemberCursor {
    /// Leaves out a publication of its own.
    mutating func leaveOut(_ range: Range<LogPosition>) {
        leaveOut(range, .publication)
    }
}
