/// Looks after the members of a group on one loop that stand apart: at the end of each turn in which a slab of a log has
/// filled, and every 100 ms. Who has reached a limit gets what the ``SlowMemberPolicy`` says; for who is above its mark and
/// still reads the group's publishers wait (``Congestion``), until it has caught up by half. Confined to the loop's thread.
final class MemberWatch {
    private let loop: ServiceLoop
    private let policy: SlowMemberPolicy
    private let maximumTime: UInt64?
    private let grace: UInt64
    private let congestion: Congestion
    /// Those of the loop, which do not keep it.
    var lanes: [BroadcastLane] = []
    private var timer: LoopTimer?
    /// Members that publishers wait for.
    private var waitedFor = 0

    private static let interval: UInt64 = 100

    init(_ loop: ServiceLoop, _ policy: SlowMemberPolicy, _ congestion: Congestion) {
        self.loop = loop
        self.policy = policy
        self.congestion = congestion
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
                if member.isTooFarBehind(policy, maximumTime: maximumTime, now) {
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
