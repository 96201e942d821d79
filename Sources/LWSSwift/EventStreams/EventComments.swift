/// Has a lane of event streams written a comment when nothing else was for a while. It ends by itself when the lane has no
/// members. Confined to the loop's thread.
final class EventComments {
    /// It keeps this, and not the other way round. Its group may be let go of on another thread just when the timer fires.
    private weak let lane: BroadcastLane?
    private let interval: UInt64
    private var timer: LoopTimer?

    /// - Parameter interval: in milliseconds.
    init(of lane: BroadcastLane, every interval: UInt64) {
        self.lane = lane
        self.interval = interval
    }

    /// The lane has a member.
    @inline(__always)
    func begin() {
        if timer == nil { wait(interval) }
    }

    private func wait(_ milliseconds: UInt64) {
        guard let lane, !lane.loop.isShuttingDown else { return }
        timer = LoopTimer(lane.loop, milliseconds: milliseconds) { [weak self] in self?.fire() }
    }

    private func fire() {
        timer = nil
        guard let lane, lane.memberCount > 0 else { return }
        let silence = lane.loop.now - lane.lastFlush
        if silence >= interval { lane.writeComment() }
        wait(silence >= interval ? interval : interval - silence)
    }
}
