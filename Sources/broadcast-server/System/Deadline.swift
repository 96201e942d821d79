/// Waiting that comes to an end.
enum Deadline {
    /// Waits for an event, but not beyond a time; returns early when the task is cancelled.
    ///
    /// - Parameter event: returns when its task is cancelled, too.
    static func wait(
        until end: ContinuousClock.Instant,
        for event: @escaping @Sendable () async -> Void
    ) async {
        await withTaskGroup { group in
            group.addTask { try? await Task.sleep(until: end, clock: .continuous) }
            group.addTask { await event() }
            await group.next()
            group.cancelAll()
        }
    }
}
