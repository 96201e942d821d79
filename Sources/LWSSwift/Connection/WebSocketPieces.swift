/// The messages a connection receives in the pieces in which they arrive, in order, for one reader.
///
/// No message is put together, so that ``ConnectionLimits/maximumMessageBytes`` does not bound its length:
///
/// ```swift
/// for try await piece in connection.pieces {
///     if piece.isFirst { try file.create() }
///     try file.append(piece.bytes)
///     if piece.isFinal { try await connection.send("stored") }
/// }
/// ```
///
/// - A piece has what one read from the socket gave, at most 32 KiB. Reading stops and goes on as for
///   ``WebSocketMessages``, with pieces counted as messages: memory is bounded by ``ConnectionLimits/inbound`` and one read.
/// - Texts are checked as they arrive, and cut between characters. What is not UTF-8 closes the connection with 1007 as soon
///   as that is certain; pieces of the same message may have been given by then.
/// - ``ConnectionLimits/messageTimeout`` is the time for the next piece, not for the whole message.
/// - A compressed message can be inflated as a whole only: it comes in one piece, and both limits hold for it as always.
/// - The sequence ends, throws and is cancelled as ``WebSocketMessages``. A message that the end of the connection cuts off
///   has no final piece.
public struct WebSocketPieces: AsyncSequence, Sendable {
    public typealias Element = MessagePiece
    public typealias Failure = WebSocketError

    let core: ConnectionCore

    public func makeAsyncIterator() -> Iterator {
        Iterator(core: core)
    }

    public struct Iterator: AsyncIteratorProtocol {
        private var reader: InboxReader

        init(core: ConnectionCore) {
            reader = InboxReader(core, inPieces: true)
        }

        /// The next piece; nil once the connection has been closed in good order.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(WebSocketError) -> MessagePiece? {
            try await reader.next(isolation: actor)
        }
    }
}
