import LWSSwift
import Logging

/// A member on its loop: what it says goes to its channel, and what concerns only itself is answered.
///
/// Reason for the unchecked conformance: it is confined to the loop of its connection, which every call checks by what it
/// asks of the connection or the membership first.
final class Participant: @unchecked Sendable {
    private let room: Room
    private let membership: BroadcastMember
    /// The membership's: by way of that it would be counted for every message.
    private let group: BroadcastGroup
    private let form: MemberForm
    private var seat: Seat
    /// Around what it says; made when it first says something, since most only listen.
    private var envelope: BroadcastEnvelope?

    private var connection: LoopConnection { membership.connection.onLoop }

    /// Becomes a member of its channel, and tells so.
    init(_ arrival: Hub<BroadcastGroup>.Arrival, _ connection: LoopConnection, in room: Room) {
        self.room = room
        seat = arrival.seat
        form = arrival.seat.session == nil ? .text : .json
        group = arrival.channel
        membership = group.join(connection, format: form.rawValue)
        membership.onLoss { [self] loss in tell(loss) }
        if let welcome = arrival.welcome { connection.sendOrClose(.welcome(welcome)) }
        if let problem = arrival.problem { connection.sendOrClose(.error(problem)) }
        if let announcement = arrival.announcement { announce(announcement, includingSelf: false) }
    }

    /// Its connection has ended: it leaves the channel, and tells the others.
    func left(_ close: WebSocketClose) {
        membership.leave()
        guard let departure = room.hub.withLock({ $0.leave(seat, now: .now) }) else { return }
        if let announcement = departure.announcement { announce(announcement, includingSelf: false) }
        room.logger.info("Client \(seat.id) disconnected (\(close)). Total clients: \(departure.total)")
    }

    private static let messagesLost = Problem.Code(rawValue: "messages-lost")

    private func tell(_ loss: BroadcastLoss) {
        let count = loss.messageCount
        room.logger.warning("Client \(seat.id) is too slow: \(count) messages were left out.")
        guard form == .json else { return }
        connection.sendOrClose(.error(Problem(Self.messagesLost, "You are too slow: \(count) messages were left out.")))
    }

    // MARK: What it sends

    func receive(_ message: BorrowedMessage) {
        // One that is told to leave is not listened to any more: it takes what it says for lost, and may say it again.
        guard room.isListening else { return }
        switch (form, message.kind) {
        case (.text, .text):
            say(message)
        case (.json, .text):
            if let spoken = SpokenText(message) { return say(spoken) }
            do throws(Problem) {
                try receive(ChatProtocol.decode(ClientObject.self, from: message.message.bytes))
            } catch {
                room.logger.debug("Client \(seat.id) sent what cannot be taken: \(error.message)")
                connection.sendOrClose(.error(error))
            }
        case (_, .binary):
            say(message)
        }
    }

    private func receive(_ object: ClientObject) throws(Problem) {
        switch object {
        case .message(let text, nil): say(WebSocketMessage.text(text).borrowed)
        case .message(let text, let key?): say(WebSocketMessage.text(text).borrowed, key: key)
        case .name(let name): try rename(name)
        case .fetch: throw Problem(.unknownType, "Nothing is kept here.")
        }
    }

    private func say(_ spoken: SpokenText) {
        let key = spoken.key
        spoken.withText { text in
            if let key { say(text, key: key) } else { say(text) }
        }
    }

    private func say(_ message: BorrowedMessage, onSequenced: (@Sendable (BroadcastContext) -> Void)? = nil) {
        room.logMessage?(seat.id, message)
        group.trySend(
            message,
            in: envelope ?? makeEnvelope(),
            from: membership,
            includingSender: room.settings.echoes,
            onSequenced: onSequenced
        )
    }

    private func makeEnvelope() -> BroadcastEnvelope {
        let prefix = room.settings.envelope.prefix(for: seat.member.name)
        let made = Author(member: seat.member, prefix: prefix).envelope
        envelope = made
        return made
    }

    /// Says something once, however often it comes with its key, and acknowledges it each time.
    private func say(_ text: BorrowedMessage, key: String) {
        guard let session = seat.sessionKey else { return say(text) }
        switch room.hub.withLock({ $0.take(key: key, in: session) }) {
        case .new:
            room.taken()
            say(text) { [room, connection = membership.connection] place in
                let id = place.position.number
                room.hub.withLock { $0.confirm(key: key, id: id, in: session) }
                connection.onLoop.sendOrClose(.ack(Self.acknowledgement(key, id)))
                room.acknowledged()
            }
        case .sent(let id):
            connection.sendOrClose(.ack(Self.acknowledgement(key, id)))
        case .underWay:
            // It came from an earlier connection, on another loop, a moment ago. What it says next has to wait too.
            connection.pauseReading()
            membership.connection.loop.execute { [self, text = text.message] in
                connection.resumeReading()
                if connection.isOpen { say(text.borrowed, key: key) }
            }
        }
    }

    private static func acknowledgement(_ key: String, _ id: UInt64) -> Acknowledgement {
        Acknowledgement(key: key, id: PositionText(number: id), receivers: 0, stored: .memory)
    }

    private func rename(_ text: String) throws(Problem) {
        let wanted = text.contains { $0 != " " } ? try MemberName(text) : nil
        let result = room.hub.withLock { [seat] hub in
            var seat = seat
            return Result { () throws(Problem) in try hub.rename(&seat, to: wanted).map { ($0, seat) } }
        }
        guard let (renaming, seat) = try result.get() else { return }
        self.seat = seat
        envelope = nil
        room.logger.info("Client \(seat.id) is called \(seat.member.name).")
        announce(.renamed(renaming), includingSelf: true)
    }

    private func announce(_ object: ServerObject, includingSelf: Bool) {
        group.announce(
            ChatProtocol.encode(object),
            in: Announcement.envelope,
            from: membership,
            includingSender: includingSelf
        )
    }
}

extension LoopConnection {
    /// Sends to a client that is let go when it does not keep up even with what is for it alone.
    fileprivate func sendOrClose(_ object: ServerObject) {
        guard trySend(ChatProtocol.encode(object)) == .dropped else { return }
        // Does nothing to one that is closing already.
        close(code: .policyViolation, reason: "Too slow: the messages that wait exceed the limit.")
    }
}
