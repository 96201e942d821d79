/// Looks after the members of a group on one loop that stand apart: at the end of each turn in which a slab of a log has
/// filled, and every 100 ms. Who has reached a limit gets what the ``SlowMemberPolicy`` says, or is let go while it is
/// replayed to; for who is above its mark and
/// still reads the group's publishers wait (``Congestion``), until it has caught up by half. Confined to the loop's thread.
final class MemberWatch {
    private let loop: ServiceLoop
    private let policy: SlowMemberPolicy
    private let maximumTime: UInt64?
    private let grace: UInt64
    private let congestion: Congestion
    /// nil when the group keeps none.
    private let history: ShardHistory?
    /// Those of the loop, which do not keep it.
    var lanes: [BroadcastLane] = []
    private var timer: LoopTimer?
    /// Members that publishers wait for.
    private var waitedFor = 0

    private static let interval: UInt64 = 100

    init(_ loop: ServiceLoop, _ policy: SlowMemberPolicy, _ congestion: Congestion, _ history: ShardHistory?) {
        self.loop = loop
        self.policy = policy
        self.congestion = congestion
        self.history = history
        maximumTime = policy.maximumTimeBehind?.milliseconds
        grace = policy.progressGrace.milliseconds
    }

    /// Begins to look at the members that are apart; ends by itself when there are none.
    func begin() {
        guard timer == nil, !loop.isShuttingDown else { return }
        timer = LoopTimer(loop, milliseconds: Self.interval) { [weak self] in
            guard let self else { return }
            timer = nil
            lookForProgress()
            checkMembers()
            if lanes.contains(where: { !$0.apart.isEmpty }) { begin() }
        }
    }

    private func lookForProgress() {
        for lane in lanes {
            for member in lane.apart { member.lookForProgress(loop.now) }
        }
    }

    /// Looks who has reached a limit, and whom publishers are to wait for.
    func checkMembers() {
        let now = loop.now
        for lane in lanes {
            // A copy: members may leave meanwhile.
            let apart = lane.apart
            for member in apart {
                if let maximumTime, member.isStalledInReplay(longerThan: maximumTime, now) {
                    member.letGo()
                } else if member.isTooFarBehind(policy, maximumTime: maximumTime, now) {
                    member.apply(policy, maximumTime: maximumTime, now)
                }
                guard let mark = policy.publishersWaitAboveBytes else { continue }
                if member.bytesBehind > mark, now < member.lastProgress + grace {
                    wait(for: member)
                } else {
                    doNotWait(for: member)
                }
            }
        }
        if let history { boundBacklogs(history, now) }
    }

    /// Lets go of members that have taken nothing lately and hold what was made for those who came back before, beginning with
    /// who stands still for longest, until what is left of that is within its bounds.
    private func boundBacklogs(_ history: ShardHistory, _ now: UInt64) {
        guard history.hasTooManyBacklogs else { return }
        let stalled = lanes.flatMap(\.apart).filter {
            $0.backlog.map(history.isOutdated) ?? false && $0.isStalledInReplay(longerThan: grace, now)
        }
        for member in stalled.sorted(by: { $0.lastProgress < $1.lastProgress }) where history.hasTooManyBacklogs {
            member.letGo()
        }
    }

    // MARK: Whom publishers wait for

    private func wait(for member: BroadcastMember) {
        guard !member.isWaitedFor, member.standing != .left else { return }
        member.isWaitedFor = true
        waitedFor += 1
        if waitedFor == 1 { congestion.membersFellBehind() }
    }

    /// The member has caught up, has gone, or does not read at all.
    func doNotWait(for member: BroadcastMember) {
        guard member.isWaitedFor else { return }
        member.isWaitedFor = false
        waitedFor -= 1
        if waitedFor == 0 { congestion.membersCaughtUp() }
    }

    /// The member took something: publishers need not wait for one that has caught up by half.
    func madeProgress(_ member: BroadcastMember) {
        guard member.isWaitedFor, let mark = policy.publishersWaitAboveBytes, member.bytesBehind <= mark / 2 else {
            return
        }
        doNotWait(for: member)
    }
}
