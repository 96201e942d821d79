/// Calls a closure on the loop once, after a while.
final class LoopTimer: LoopSocket {
    private let body: () -> Void

    /// The loop keeps the timer until it fires; a shutdown of the loop drops it.
    init(_ loop: ServiceLoop, milliseconds: UInt64, _ body: @escaping () -> Void) {
        self.body = body
        super.init(loop)
        loop.schedule(self, at: loop.now + milliseconds)
    }

    override func deadlineReached(_ now: UInt64) -> UInt64? {
        leaveTable()
        body()
        return nil
    }

    /// Does nothing once the timer has fired.
    func cancel() {
        leaveTable()
    }

    override func loopShutsDown() {
        leaveTable()
    }
}
