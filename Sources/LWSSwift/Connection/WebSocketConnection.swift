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

    /// The messages the peer sends, in pieces as they arrive, for messages that are too large to be held; see
    /// ``WebSocketPieces``.
    ///
    /// Asking for it decides how the connection gives its messages, from the next one on and for good: ``messages`` and
    /// ``LoopConnection/onMessage(_:)`` trap from then on. Ask for it on the loop, in `onConnection` or first in a handler,
    /// so that it holds for all messages. Elsewhere it takes effect once the loop hears of it; a message that has begun by
    /// then is still put together, under ``ConnectionLimits/maximumMessageBytes``, and comes in one piece.
    public var pieces: WebSocketPieces {
        if loop.isCurrent {
            core.deliverInPieces()
        } else {
            let core = core
            loop.execute { core.deliverInPieces() }
        }
        return WebSocketPieces(core: core)
    }

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

    /// Sends one text message whose end is not known yet, or which is too large to be held: each string that the sequence
    /// gives is sent as it comes, as a fragment (RFC 6455 section 5.4). The peer gets one message.
    ///
    /// ```swift
    /// try await connection.send(text: file.lines.map { $0 + "\n" })
    /// ```
    ///
    /// It takes its place among the other messages once the first string is there. The sequence is asked for the next one
    /// when the last is queued; that waits while more than the high mark of ``ConnectionLimits/outbound`` is unsent, so that
    /// memory does not depend on the length of the message. It is not compressed.
    ///
    /// Until its end nothing else can go out but pings, pongs and the close frame: `send` waits in other tasks, and for ever
    /// if the sequence itself waits for it; `trySend` queues behind the message; a group's messages wait in its log under
    /// its ``SlowMemberPolicy``. When the connection is closed meanwhile, by whom ever, all of that is dropped and the close
    /// frame goes out at once. That is noticed with the next string.
    ///
    /// Runs in the caller's isolation: on the connection's loop it changes no thread.
    ///
    /// - Throws: what the sequence throws; ``WebSocketError/Code/cancelled`` when the task is cancelled;
    ///   ``WebSocketError/Code/closed`` and ``WebSocketError/Code/loopStopped`` as ``send(_:)``. If something of the message
    ///   was queued when the sequence throws or the task is cancelled, the connection is closed with 1011, since the message
    ///   can neither be completed nor taken back.
    public func send<Texts: AsyncSequence>(text pieces: Texts) async throws where Texts.Element == String {
        try await core.stream(.text, pieces) { Array($0.utf8) }
    }

    /// Sends one binary message whose end is not known yet, or which is too large to be held; the same as
    /// ``send(text:)``, for bytes.
    public func send<Chunks: AsyncSequence>(binary pieces: Chunks) async throws where Chunks.Element == [UInt8] {
        try await core.stream(.binary, pieces) { $0 }
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
    ///   - code: one that may be sent, ``WebSocketCloseCode/isSendable``. 1005 sends a close frame without a code and reason;
    ///     any other code that may not be sent goes out as 1011.
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
