/// A connection seen from its own loop: everything is synchronous, nothing waits, nothing is locked.
///
/// It is not `Sendable`, so that it stays in the closures that run on the loop; ``connection`` is the same connection for
/// use elsewhere. Every call checks that it happens on the loop's thread and traps otherwise.
///
/// ```swift
/// let server = try await WebSocketServer.start(.init()) { connection in
///     connection.onMessage { message in
///         if connection.trySend(message) == .dropped { connection.close(code: .policyViolation, reason: "too slow") }
///     }
///     connection.onClose { close in print(close) }
/// }
/// ```
///
/// Closures are released when the connection has ended, after `onClose`; until then they may refer to the connection.
public struct LoopConnection: Identifiable {
    let core: ConnectionCore

    /// The connection, for use in any task.
    public var connection: WebSocketConnection { WebSocketConnection(core: core) }
    /// A number that is unique in the process, counted from 1.
    public var id: UInt64 { core.id }
    /// What the opening handshake has settled.
    public var handshake: Handshake { core.handshake }
    /// Whether messages can still be sent.
    public var isOpen: Bool { confined.isOpen }
    /// Bytes that wait to be sent, frame headers included.
    public var queuedBytes: Int { confined.queuedBytes }

    /// Has `body` called with every message, instead of keeping messages for ``WebSocketConnection/messages``. Messages
    /// that came before are handed over at once. nil goes back to keeping them.
    public func onMessage(_ body: ((WebSocketMessage) -> Void)?) {
        onBorrowedMessage(body.map { body in { message in body(message.message) } })
    }

    /// Has `body` called with every message, lent for the time of the call: nothing is allocated for one that is only passed
    /// on. Takes the place of ``onMessage(_:)``.
    ///
    /// ```swift
    /// connection.onBorrowedMessage { message in group.trySend(message, from: member) }
    /// ```
    public func onBorrowedMessage(_ body: ((BorrowedMessage) -> Void)?) {
        confined.setMessageHandler(body)
    }

    /// Has `body` called with every piece of every message as it arrives, at most 32 KiB at a time, instead of keeping
    /// pieces for ``WebSocketConnection/pieces``: for messages that are too large to be held. Pieces, and whole messages,
    /// that came before are handed over at once. nil goes back to keeping them.
    ///
    /// Decides how the connection gives its messages, from the next one on and for good, as
    /// ``WebSocketConnection/pieces`` does; what is said there and in ``WebSocketPieces`` holds here.
    public func onPiece(_ body: ((MessagePiece) -> Void)?) {
        confined.setPieceHandler(body)
    }

    /// Has `body` called once, when the connection has ended; at once when it has already. Called again it adds another one,
    /// which is called after those before it.
    public func onClose(_ body: @escaping (WebSocketClose) -> Void) {
        confined.addCloseHandler(body)
    }

    /// Has `body` called whenever the queue has fallen to the low mark after it was above the high one.
    public func onWritable(_ body: (() -> Void)?) {
        confined.setWritableHandler(body)
    }

    /// What became of a message.
    public enum SendResult: Sendable, Hashable {
        /// It is queued, and there is room for more. While a message is streamed (``WebSocketConnection/send(text:)``) it
        /// waits for the end of that.
        case queued
        /// It is queued, but more than the high mark of ``ConnectionLimits/outbound`` waits: send less, or wait for
        /// ``LoopConnection/onWritable(_:)``.
        case aboveHighWaterMark
        /// It was not queued: the connection is closing, or the queue has reached
        /// ``ConnectionLimits/maximumQueuedBytes``.
        case dropped
    }

    /// Queues one message, to be written at the end of this turn of the loop, together with all others of this turn.
    ///
    /// What became of it is not to be overlooked: a peer that reads slowly makes the queue grow until messages are dropped.
    /// Stop reading from it above the high mark, or close with 1008 when one was dropped.
    public func trySend(_ message: WebSocketMessage) -> SendResult {
        trySend(message.borrowed)
    }

    /// Queues one message that is lent, as ``trySend(_:)-(WebSocketMessage)`` does: it is copied into the queue.
    public func trySend(_ message: BorrowedMessage) -> SendResult {
        confined.trySend(message)
    }

    /// Begins the closing handshake behind the messages that are queued; `onClose` tells the end. Does nothing when the
    /// connection is closing already.
    ///
    /// - Parameters:
    ///   - code: one that may be sent, ``WebSocketCloseCode/isSendable``. 1005 sends a close frame without a code and reason;
    ///     any other code that may not be sent goes out as 1011.
    ///   - reason: text for people, cut at 123 bytes of UTF-8.
    public func close(code: WebSocketCloseCode = .normalClosure, reason: String = "") {
        confined.close(code: code, reason: reason)
    }

    /// Stops reading from the socket, so that TCP slows the peer down. Its pongs and its close frame are not seen
    /// meanwhile; after ``ConnectionLimits/stallTimeout`` the connection is closed with 1008.
    public func pauseReading() {
        confined.pauseReading(.user)
    }

    /// Reads on.
    public func resumeReading() {
        confined.resumeReading(.user)
    }

    /// Takes no further message from the peer for so long, so that TCP slows it down: for one that sends more than it may.
    ///
    /// Nothing is lost and, other than with ``pauseReading()``, the peer is not blamed: nothing that it has sent runs out of
    /// time. Its pings are answered, its pongs and its close frame are seen, as far as they stand within the next 64 KiB; beyond
    /// that, what its system acknowledges counts as a sign of life. A close frame is answered behind the messages before it
    /// whose time has come within ``ConnectionLimits/closeTimeout``. What is held back then, or when the connection is lost, is
    /// lost with it: a peer could otherwise send as much as it likes by ending each of its connections.
    ///
    /// It takes at most 96 KiB of memory. Called again it counts from then, if that is later: a handler of messages may call
    /// it with each message. What waits goes on up to 200 ms later than asked for; what is held back comes in order.
    ///
    /// - Parameter time: zero and less do nothing.
    public func holdBack(for time: Duration) {
        confined.holdBack(milliseconds: time.milliseconds)
    }

    private var confined: ConnectionCore {
        core.loop.preconditionIsCurrent("LoopConnection")
        return core
    }
}

@available(*, unavailable)
extension LoopConnection: Sendable {}
