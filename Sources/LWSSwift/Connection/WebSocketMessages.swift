/// The messages a connection receives, in order, for one reader.
///
/// Reading them is what makes room: while more than the high mark of ``ConnectionLimits/inbound`` waits here, nothing
/// further is read from the socket and TCP slows the peer down. A reader that takes nothing for
/// ``ConnectionLimits/stallTimeout`` while reading is stopped has its connection closed with 1008.
///
/// The sequence ends when the connection was closed in good order: by this side, or by the peer with 1000, 1001 or no
/// code. Any other end is thrown as ``WebSocketError/Code/closed``, after the messages that came before it. A task that
/// is cancelled while it waits gets ``WebSocketError/Code/cancelled`` and loses no message: another iterator, made
/// later, goes on where this one stopped. Two tasks that wait at once trap.
///
/// Iterating in a task that prefers the loop's executor, as handlers do, resumes there without a change of threads.
public struct WebSocketMessages: AsyncSequence, Sendable {
    public typealias Element = WebSocketMessage
    public typealias Failure = WebSocketError

    let core: ConnectionCore

    public func makeAsyncIterator() -> Iterator {
        Iterator(core: core)
    }

    public struct Iterator: AsyncIteratorProtocol {
        let core: ConnectionCore
        private var inbox: MessageInbox?

        init(core: ConnectionCore) {
            self.core = core
        }

        /// The next message; nil once the connection has been closed in good order.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(WebSocketError) -> WebSocketMessage? {
            let inbox = try await openInbox()
            let core = core
            return try await inbox.next(isolation: actor) { core.resumeReadingFromAnyThread() }.get()
        }

        private mutating func openInbox() async throws(WebSocketError) -> MessageInbox {
            if let inbox { return inbox }
            let core = core
            let opened = try await core.loop.run { core.openInbox() }
            inbox = opened
            return opened
        }
    }
}
