/// An open WebSocket connection, in either role, to be used from any task.
///
/// It is a reference to the connection: copies are the same connection. Calls made on the connection's ``loop``, as in a
/// handler, do not change threads; calls from elsewhere hop to it.
///
/// ```swift
/// for try await message in connection.messages {
///     try await connection.send(message)
/// }
/// ```
public struct WebSocketConnection: Sendable, Identifiable {
    let core: ConnectionCore

    /// A number that is unique in the process, counted from 1.
    public var id: UInt64 { core.id }
    /// Which end of the connection this is.
    public var role: WebSocketRole { core.role }
    /// The loop the connection lives on.
    public var loop: ServiceLoop { core.loop }
    /// What the opening handshake has settled.
    public var handshake: Handshake { core.handshake }

    /// The messages the peer sends, for one reader; see ``WebSocketMessages`` for order, bounds and the end.
    public var messages: WebSocketMessages { WebSocketMessages(core: core) }

    /// The messages as an `AsyncStream`, for interfaces that want that very type.
    ///
    /// It pulls: a message is taken only when the consumer asks, so that the bounds of ``messages`` hold. It ends at every
    /// end of the connection and when its task is cancelled; ``waitUntilClosed()`` tells why.
    public var messageStream: AsyncStream<WebSocketMessage> {
        // The stream calls its closure for one element at a time (`AsyncStream(unfolding:)`), and an iterator holds
        // nothing but a reference, so a fresh one each time loses nothing.
        let messages = messages
        return AsyncStream {
            var iterator = messages.makeAsyncIterator()
            return try? await iterator.next(isolation: nil)
        }
    }

    /// The states the connection goes through from now on, beginning with the present one; ends after `closed`. A reader that
    /// falls more than four behind misses the oldest; one that is dropped is forgotten.
    public var states: AsyncStream<State> {
        let (stream, continuation) = AsyncStream.makeStream(of: State.self, bufferingPolicy: .bufferingNewest(4))
        let core = core
        let ticket = Ticket()
        continuation.onAbandonment { core.loop.execute { core.forgetStateObserver(ticket) } }
        if !loop.submit(.closure { core.observeStates(continuation, ticket) }) { continuation.finish() }
        return stream
    }

    /// Where a connection stands.
    public enum State: Sendable, Hashable {
        /// Messages travel.
        case open
        /// A close frame was sent, and the peer's is awaited.
        case closing
        /// The connection has ended.
        case closed(WebSocketClose)
    }

    /// Sends one message, waiting while more than the high mark of ``ConnectionLimits/outbound`` is unsent.
    ///
    /// Returning means that the message is queued behind those sent before it, and will be written at the end of the
    /// loop's turn; not that the peer has it. Messages of several tasks keep the order in which their calls began to wait.
    ///
    /// - Throws: ``WebSocketError/Code/closed`` once a close frame was sent or received, ``WebSocketError/Code/cancelled``
    ///   if the task was cancelled before the message was queued, ``WebSocketError/Code/messageTooBig`` for a message
    ///   beyond ``ConnectionLimits/maximumQueuedBytes``, ``WebSocketError/Code/loopStopped`` after the loop's shutdown.
    public func send(_ message: WebSocketMessage) async throws(WebSocketError) {
        try await core.send(message)
    }

    /// Sends a ping and returns the time until its pong (RFC 6455 section 5.5.2).
    ///
    /// - Throws: ``WebSocketError/Code/closed`` when the connection ends first, ``WebSocketError/Code/cancelled`` when the
    ///   task is cancelled first. At most 16 pings may be under way; a further one throws
    ///   ``WebSocketError/Code/messageTooBig``.
    public func ping() async throws(WebSocketError) -> Duration {
        try await core.ping()
    }

    /// Performs the closing handshake and returns how the connection ended.
    ///
    /// Messages that were queued go out first. The peer has ``ConnectionLimits/closeTimeout`` to answer, then the
    /// connection is cut. Calling it on a connection that is closing already waits for the end. Cancelling the task does
    /// not cut it short.
    ///
    /// - Parameters:
    ///   - code: one that may be sent, ``WebSocketCloseCode/isSendable``; traps otherwise.
    ///   - reason: text for people, cut at 123 bytes of UTF-8.
    @discardableResult
    public func close(code: WebSocketCloseCode = .normalClosure, reason: String = "") async -> WebSocketClose {
        let core = core
        loop.execute { core.close(code: code, reason: reason) }
        return await waitUntilClosed()
    }

    /// Waits until the connection has ended, and returns how. Cancelling the task does not cut it short.
    public func waitUntilClosed() async -> WebSocketClose {
        await core.waitUntilClosed()
    }

    /// The connection for code that runs on its loop. Traps elsewhere.
    public var onLoop: LoopConnection {
        loop.preconditionIsCurrent("WebSocketConnection.onLoop")
        return LoopConnection(core: core)
    }
}

extension WebSocketConnection: Hashable {
    public static func == (left: WebSocketConnection, right: WebSocketConnection) -> Bool {
        left.core === right.core
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
    }
}
