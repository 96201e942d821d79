/// Takes what a connection keeps for its reader: what the public sequences have in common.
struct InboxReader {
    private let core: ConnectionCore
    private let inPieces: Bool
    private var inbox: MessageInbox?

    init(_ core: ConnectionCore, inPieces: Bool) {
        self.core = core
        self.inPieces = inPieces
    }

    /// The next message or piece; nil once the connection has been closed in good order.
    mutating func next(isolation actor: isolated (any Actor)?) async throws(WebSocketError) -> MessagePiece? {
        let inbox = try await openInbox()
        let core = core
        return try await inbox.next(isolation: actor) { core.resumeReadingFromAnyThread() }.get()
    }

    private mutating func openInbox() async throws(WebSocketError) -> MessageInbox {
        if let inbox { return inbox }
        let (core, inPieces) = (core, inPieces)
        let opened = try await core.loop.run {
            if inPieces { core.deliverInPieces() } else { core.preconditionDeliversWhole() }
            return core.openInbox()
        }
        inbox = opened
        return opened
    }
}
