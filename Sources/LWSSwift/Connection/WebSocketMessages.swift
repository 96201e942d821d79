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
        private var reader: InboxReader

        init(core: ConnectionCore) {
            reader = InboxReader(core, inPieces: false)
        }

        /// The next message; nil once the connection has been closed in good order.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(WebSocketError) -> WebSocketMessage? {
            guard let message = try await reader.next(isolation: actor) else { return nil }
            guard let whole = message.wholeMessage else {
                preconditionFailure("Messages that are read in pieces cannot be read whole as well.")
            }
            return whole
        }
    }
}
