/// Where the client is in its channel, and who it is there: with both it comes back as the member that it was, and gets what
/// it has missed (docs/protocol.md).
struct Place: Equatable, Sendable {
    /// Where to begin while there is no position yet.
    enum Beginning: Equatable, Sendable {
        case now
        case last(Int)
        case after(PositionText)
        /// What others say is of no interest: neither now nor when coming back.
        case nowhere
    }

    let beginning: Beginning
    /// Everything up to here was shown; nil before a server has told any. It stays what it was when what others say is of
    /// no interest.
    private(set) var position: PositionText?
    private(set) var session: SessionID?

    init(beginning: Beginning = .now, position: PositionText? = nil, session: SessionID? = nil) {
        self.beginning = beginning
        self.position = position
        self.session = session
    }

    /// What the query of the URL asks for.
    var query: [(name: String, value: String)] {
        switch (beginning, position) {
        case (.nowhere, _), (.now, nil): []
        case (_, let position?), (.after(let position), nil): [("after", position.rawValue)]
        case (.last(let count), nil): [("last", "\(count)")]
        }
    }

    /// Shows the server the session, in the one place of a handshake that nobody writes down: a subprotocol that is offered
    /// and never agreed on.
    var sessionOffer: String? { session.map { "\(ChatProtocol.sessionPrefix)\($0)" } }

    /// Moves behind something that was shown.
    mutating func advance(past object: ServerObject) {
        switch object {
        case .welcome(let welcome):
            session = SessionID(welcome.session)
            move(to: welcome.position)
        case .message(let message): move(to: message.id)
        case .position(let id): move(to: id)
        case .ack(let acknowledgement) where acknowledgement.isInOrder: move(to: acknowledgement.id)
        case .gap(let gap): move(to: gap.to)
        case .ack, .joined, .left, .renamed, .members, .history, .status, .rights, .expiring, .notice, .closing,
            .error, .unknown:
            break
        }
    }

    private mutating func move(to position: PositionText) {
        if beginning != .nowhere { self.position = position }
    }
}
