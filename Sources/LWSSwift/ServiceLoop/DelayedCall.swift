/// A closure that a loop calls later, see ``ServiceLoop/call(after:_:)``.
public struct DelayedCall {
    fileprivate let loop: ServiceLoop
    /// nil in a loop that ends.
    fileprivate let timer: LoopTimer?

    /// Does nothing once the closure was called. On the loop's thread only.
    public func cancel() {
        loop.preconditionIsCurrent("DelayedCall.cancel")
        timer?.cancel()
    }
}

@available(*, unavailable)
extension DelayedCall: Sendable {}

extension ServiceLoop {
    /// Has `body` called on the loop once: after `delay` at the earliest, and in an idle loop at most 100 ms later. It costs
    /// the same however many wait.
    ///
    /// On the loop's thread only. The loop keeps the closure until then; its shutdown drops it, and a loop that shuts down
    /// takes no more.
    ///
    /// ```swift
    /// let reminder = loop.call(after: .seconds(30)) { [weak room] in room?.closeIfEmpty() }
    /// reminder.cancel()
    /// ```
    @discardableResult
    public func call(after delay: Duration, _ body: @escaping () -> Void) -> DelayedCall {
        preconditionIsCurrent("ServiceLoop.call(after:)")
        // What waits among the sockets keeps the loop from ending.
        guard !isShuttingDown else { return DelayedCall(loop: self, timer: nil) }
        return DelayedCall(loop: self, timer: LoopTimer(self, milliseconds: delay.milliseconds, body))
    }
}
