/// A value that belongs to one service loop: it may be carried anywhere, but is only reachable on that loop's thread.
///
/// This is how state without a lock, such as a table of members, is shared by the closures of many connections:
///
/// ```swift
/// let members = LoopBound(loop, Members())            // Members is a plain class
/// let server = try await WebSocketServer.start(configuration, on: loop) { connection in
///     members.value.insert(connection)                // on the loop: no lock, no hop
/// }
/// ```
///
/// Reading ``value`` anywhere else traps with a message; a task that prefers the loop may read it after the loop's end as
/// well. The value is released on whichever thread drops the last
/// copy of the wrapper.
public struct LoopBound<Value>: @unchecked Sendable {
    // Reason for the unchecked conformance: the value was sent in and is read on the loop only, by one job at a time, which
    // `preconditionIsCurrent` checks at each access.
    private let stored: Value
    /// The loop the value belongs to.
    public let loop: ServiceLoop

    /// Gives a value to a loop.
    public init(_ loop: ServiceLoop, _ value: sending Value) {
        self.loop = loop
        self.stored = value
    }

    /// The value. Traps off the loop.
    public var value: Value {
        loop.preconditionIsCurrent("LoopBound.value")
        return stored
    }
}
