/// A stream of server-sent events, which connects again when its connection is lost: what `EventSource` is in a browser
/// (HTML standard, section 9.2).
///
/// ```swift
/// let loop = try await ServiceLoop.start()
/// let events = try await EventStream.connect(to: "http://localhost:8088/team", on: loop)
/// for try await event in events { print(event.data) }
/// await loop.shutdown()
/// ```
///
/// A connection that ends, in whatever way, is followed by another one, which shows the server the last id, so that it goes
/// on behind the last event. Before that it waits for as long as the server has said (``Configuration/longestBackoff`` tells
/// how much longer). The sequence ends with nil when the server answers with 204, when ``close()`` was called, and after a
/// connection that the server has ended while ``Configuration/reconnects`` is false; any other end is thrown.
///
/// Events that are not taken wait within the bounds of ``Configuration/inbound``; above, nothing is read from the socket and
/// TCP slows the server down. One task at a time may read. A task that is cancelled while it waits gets
/// ``WebSocketError/Code/cancelled`` and loses no event. Dropping the last reference closes the connection.
public final class EventStream: AsyncSequence, Sendable {
    public typealias Element = ServerSentEvent
    public typealias Failure = WebSocketError

    private struct State {
        /// The connection events come from; nil while there is none.
        var socket: EventStreamSocket?
        var lastEventID: String
        var retry = EventStream.defaultRetry
        /// How many attempts have failed since there was a connection.
        var failures = 0
        /// When the next attempt is to be made.
        var nextAttempt = ContinuousClock.now
        /// The attempt that is waited for.
        var attempt: Task<Result<EventStreamSocket, WebSocketError>, Never>?
        /// What there is to tell once it has ended for good.
        var end: Result<ServerSentEvent?, WebSocketError>?
    }

    private let target: ClientURL
    private let configuration: Configuration
    private let loop: ServiceLoop
    private let state: Lock<State>

    /// What a client waits before it connects again when the server says nothing.
    private static let defaultRetry = Duration.seconds(3)
    /// The least that it waits, whatever the server says.
    private static let shortestRetry = Duration.milliseconds(100)

    private init(_ target: ClientURL, _ configuration: Configuration, _ loop: ServiceLoop, _ socket: EventStreamSocket)
    {
        self.target = target
        self.configuration = configuration
        self.loop = loop
        state = Lock(State(socket: socket, lastEventID: configuration.lastEventID))
    }

    deinit {
        close()
    }

    /// Connects, and returns when the server has agreed to send events.
    ///
    /// - Parameters:
    ///   - url: where the events are: `http:`, `https:` or `http+unix:///path/to/socket`, with `:/path?query` behind the
    ///     socket's path for the request; the schemes of WebSockets stand for the same.
    ///   - configuration: how.
    ///   - loop: the loop to live on, which many connections may share.
    /// - Throws: ``WebSocketError`` when the first connection does not come about; no other is tried then. Its code says
    ///   whether the name was not found, nothing listens, TLS failed, the server answered with something else than events
    ///   (``WebSocketError/rejection`` has the status), or time ran out. Cancelling the task ends the attempt.
    public static func connect(
        to url: String,
        _ configuration: Configuration = Configuration(),
        on loop: ServiceLoop
    ) async throws(WebSocketError) -> EventStream {
        let target = try ClientURL(url)
        try configuration.validate()
        let socket = try await dial(target, configuration, configuration.lastEventID, loop)
        return EventStream(target, configuration, loop, socket)
    }

    private static func dial(
        _ target: ClientURL,
        _ configuration: Configuration,
        _ lastEventID: String,
        _ loop: ServiceLoop
    ) async throws(WebSocketError) -> EventStreamSocket {
        let configuration = try configuration.forConnection()
        return try await ClientDial.dial(target, on: loop) { tell in
            EventStreamDial(loop, configuration, lastEventID: lastEventID, tell)
        }
    }

    /// Ends the stream: the connection is closed, and no other one made. What has come can still be read. On any thread,
    /// any number of times.
    public func close() {
        let (socket, attempt) = state.withLock { state in
            if state.end == nil { state.end = .success(nil) }
            return (state.socket, state.attempt)
        }
        socket?.endFromAnyThread()
        attempt?.cancel()
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: self)
    }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let stream: EventStream

        /// The next event; nil once the stream has ended in good order.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(WebSocketError) -> ServerSentEvent? {
            try await stream.next(isolation: actor)
        }
    }

    // MARK: Reading

    private func next(isolation actor: isolated (any Actor)?) async throws(WebSocketError) -> ServerSentEvent? {
        while true {
            if let socket = state.withLock({ $0.socket }) {
                let element = await socket.inbox.next(isolation: actor) { socket.resumeReadingFromAnyThread() }
                switch element {
                case .success(let event?): return event
                case .success(nil): ended(socket, nil)
                case .failure(let error) where error.code == .cancelled: throw error
                case .failure(let error): ended(socket, error)
                }
            } else if let end = state.withLock({ $0.end }) {
                return try end.get()
            } else {
                try await connectAgain()
            }
        }
    }

    /// A connection has ended, and everything that came over it was taken.
    private func ended(_ socket: EventStreamSocket, _ error: WebSocketError?) {
        let progress = socket.progress.withLock { $0 }
        let isOver = state.withLock { state in
            state.socket = nil
            state.lastEventID = progress.lastEventID
            if let retry = progress.retry { state.retry = retry }
            state.failures = 0
            guard state.end == nil else { return true }
            let isForGood = error.map { [.messageTooBig, .loopStopped].contains($0.code) } ?? false
            guard configuration.reconnects, !isForGood else {
                state.end = error.map { .failure($0) } ?? .success(nil)
                return true
            }
            return false
        }
        if !isOver { wait(.lost(error), isSlot: progress.isSlot) }
    }

    /// Notes when the next attempt is due, and tells of it.
    ///
    /// - Parameter isSlot: the server has spread its clients already.
    private func wait(_ interruption: Interruption, isSlot: Bool = false) {
        let delay = state.withLock { state in
            let base = Swift.max(state.retry, Self.shortestRetry)
            let spread = Swift.min(base * (1 << Swift.min(state.failures, 20)), configuration.longestBackoff)
            let delay = isSlot ? base : base + spread * Double.random(in: 0...1)
            state.nextAttempt = .now + delay
            return delay
        }
        configuration.onInterruption?(interruption, delay)
    }

    /// Waits until the next attempt is due, and makes it. Both end when the task is cancelled, or the stream closed.
    private func connectAgain() async throws(WebSocketError) {
        let attempt = state.withLock { state -> Task<Result<EventStreamSocket, WebSocketError>, Never>? in
            guard state.end == nil else { return nil }
            let (instant, lastEventID) = (state.nextAttempt, state.lastEventID)
            let attempt = Task { [target, configuration, loop] () -> Result<EventStreamSocket, WebSocketError> in
                // Cancelled, it returns at once, and so does the attempt.
                try? await Task.sleep(until: instant)
                do throws(WebSocketError) {
                    return .success(try await Self.dial(target, configuration, lastEventID, loop))
                } catch {
                    return .failure(error)
                }
            }
            state.attempt = attempt
            return attempt
        }
        guard let attempt else { return }
        let result = await withTaskCancellationHandler {
            await attempt.value
        } onCancel: {
            attempt.cancel()
        }
        let isOver = state.withLock { state in
            state.attempt = nil
            return state.end != nil
        }
        switch result {
        case .success(let socket): connected(socket)
        // Closed; the end is there to be read.
        case .failure where isOver: break
        case .failure(let error) where error.code == .cancelled: throw error
        case .failure(let error): failed(error)
        }
    }

    private func connected(_ socket: EventStreamSocket) {
        let isOver = state.withLock { state in
            guard state.end == nil else { return true }
            state.socket = socket
            state.failures = 0
            return false
        }
        if isOver { return socket.endFromAnyThread() }
        configuration.onInterruption?(.over, .zero)
    }

    private func failed(_ error: WebSocketError) {
        let isOver = state.withLock { state in
            state.failures += 1
            guard state.end == nil else { return true }
            if error.rejection?.status == 204 {
                state.end = .success(nil)
            } else if !configuration.tries(after: error) {
                state.end = .failure(error)
            }
            return state.end != nil
        }
        if !isOver { wait(.failed(error)) }
    }
}
