/// An answer that is a stream of events (HTML section 9.2, "server-sent events"), seen from its own loop: everything is
/// synchronous, nothing waits, nothing is locked.
///
/// It is the sibling of ``LoopConnection``: not `Sendable`, so that it stays in the closures that run on the loop;
/// ``subscriber`` is the same stream to be carried elsewhere. Every call checks that it happens on the loop's thread and traps
/// otherwise.
///
/// ```swift
/// configuration.http = { request in
///     .eventStream { stream in
///         stream.trySend(retry: .seconds(2), id: group.position.description)
///         group.join(stream)
///     }
/// }
/// ```
///
/// **Memory.** One that is idle takes about as much as an idle WebSocket connection, and no task. What waits to be sent is at
/// most ``ConnectionLimits/maximumQueuedBytes`` of its own; what its groups send is bounded by their ``SlowMemberPolicy``.
///
/// **The end.** A client that hangs up is noticed by event. One that has gone without a word takes no comment of its group any
/// more (``BroadcastGroup/Configuration/eventCommentInterval``), and is cut off after ``ConnectionLimits/stallTimeout``. What
/// a client sends behind its request is dropped; beyond 64 KiB of that it is cut off.
public struct EventStreamConnection: Identifiable {
    let core: EventStreamCore

    /// How an event stream ended.
    public enum End: Sendable, Hashable {
        /// The client has hung up, or its connection is lost.
        case byClient
        /// This side has closed it.
        case byServer
        /// The client did not take what it was sent, within the limits of the connection or of a group.
        case tooSlow
    }

    /// A number that is unique in the process, among all connections and event streams.
    public var id: UInt64 { core.id }
    /// Whether events can still be sent.
    public var isOpen: Bool { confined.isOpen }
    /// Bytes that wait to be sent.
    public var queuedBytes: Int { confined.queuedBytes }

    /// Queues one event for this client alone, to be written at the end of this turn of the loop, at its place among the events
    /// of its groups.
    ///
    /// - Parameters:
    ///   - event: how it is called, one line; nil for what browsers call `message`.
    ///   - data: its data, of any number of lines.
    ///   - id: what a client that comes back names as the last it had, one line without NUL; nil for an event that does not
    ///     count for that.
    @discardableResult
    public func trySend(event: String? = nil, data: String, id: String? = nil) -> LoopConnection.SendResult {
        confined.trySend(EventRecord(event: event, .text(data), id: id))
    }

    /// Queues what tells the client nothing but how to come back: after which time, and with which id. Browsers fire no event
    /// for it.
    @discardableResult
    public func trySend(retry: Duration? = nil, id: String? = nil) -> LoopConnection.SendResult {
        confined.trySend(EventRecord(retry: retry, id: id))
    }

    /// Queues a comment, which clients overlook.
    ///
    /// - Parameter comment: one line.
    @discardableResult
    public func trySend(comment: String) -> LoopConnection.SendResult {
        confined.trySend(EventRecord(comment: comment))
    }

    /// Has `body` called once, when the stream has ended; at once when it has already. Called again it adds another one,
    /// which is called after those before it. Released then.
    public func onClose(_ body: @escaping (End) -> Void) {
        confined.onClose(body)
    }

    /// Ends the stream behind what was queued, and what its groups have sent; `onClose` tells when that has gone. A browser
    /// comes back after its `retry` time. A client that takes nothing for ``ConnectionLimits/closeTimeout`` is cut off. Does
    /// nothing when it has ended.
    public func close() {
        confined.close()
    }

    private var confined: EventStreamCore {
        core.loop.preconditionIsCurrent("EventStreamConnection")
        return core
    }
}

@available(*, unavailable)
extension EventStreamConnection: Sendable {}
