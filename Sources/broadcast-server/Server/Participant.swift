import LWSSwift
import Logging

/// A member on its loop: what it says goes to its channel, and what concerns only itself is answered.
///
/// Reason for the unchecked conformance: it is confined to the loop of its connection, which every call checks by what it
/// asks of the connection or the membership first.
final class Participant: @unchecked Sendable {
    private let room: Room
    private let connection: WebSocketConnection
    private let group: BroadcastGroup
    private let membership: BroadcastMember
    /// nil for a member of plain text.
    private let session: SessionRegister.Key?
    private var member: Member
    /// What stands before its texts; made once for each name, not for each message.
    private var prefix: String

    private var form: MemberForm { session == nil ? .text : .json }

    /// Becomes a member of its channel, and tells so.
    init(_ arrival: Hub<BroadcastGroup>.Arrival, _ connection: LoopConnection, in room: Room) {
        self.room = room
        self.connection = connection.connection
        group = arrival.channel
        session = arrival.session
        member = arrival.member
        prefix = room.settings.envelope.prefix(for: arrival.member.name)
        let form: MemberForm = arrival.session == nil ? .text : .json
        membership = group.join(connection, format: form.rawValue) { [room, member] loss in
            let count = loss.messageCount
            room.logger.warning("Client \(member.id) is too slow: \(count) messages were left out.")
            guard form == .json else { return }
            connection.sendOrClose(.error(Problem(.messagesLost, "You are too slow: \(count) messages were left out.")))
        }
        if let welcome = arrival.welcome { connection.sendOrClose(.welcome(welcome)) }
        if let problem = arrival.problem { connection.sendOrClose(.error(problem)) }
        if let announcement = arrival.announcement { send(.announcement(announcement), includingSelf: false) }
    }

    /// Leaves the channel, and tells the others.
    func leave(_ departure: Hub<BroadcastGroup>.Departure) {
        membership.leave()
        if let announcement = departure.announcement { send(.announcement(announcement), includingSelf: false) }
    }

    // MARK: What it sends

    func receive(_ message: WebSocketMessage) {
        // One that is told to leave is not listened to any more: it takes what it says for lost, and may say it again.
        guard connection.onLoop.isOpen, room.isListening else { return }
        switch (form, message.kind) {
        case (.text, .text):
            say(message)
        case (.json, .text):
            do throws(Problem) {
                try receive(ChatProtocol.decode(ClientObject.self, from: message.bytes))
            } catch {
                room.logger.debug("Client \(member.id) sent what cannot be taken: \(error.message)")
                connection.onLoop.sendOrClose(.error(error))
            }
        case (_, .binary):
            log(message)
            send(.binary(message), includingSelf: room.settings.echoes)
        }
    }

    private func receive(_ object: ClientObject) throws(Problem) {
        switch object {
        case .message(let text, nil): say(.text(text))
        case .message(let text, let key?): say(.text(text), key: key)
        case .name(let name): try rename(name)
        }
    }

    private func say(_ text: WebSocketMessage, onSequenced: (@Sendable (UInt64) -> Void)? = nil) {
        log(text)
        let saying = ChannelMessage.Saying(
            from: member,
            prefix: prefix,
            time: WallTime.now.milliseconds,
            text: text
        )
        send(.said(saying), includingSelf: room.settings.echoes, onSequenced: onSequenced)
    }

    /// Says something once, however often it comes with its key, and acknowledges it each time.
    private func say(_ text: WebSocketMessage, key: String) {
        guard let session else { return say(text) }
        switch room.hub.withLock({ $0.take(key: key, in: session) }) {
        case .new:
            room.taken()
            say(text) { [room, connection] id in
                room.hub.withLock { $0.confirm(key: key, id: id, in: session) }
                connection.onLoop.sendOrClose(.ack(Acknowledgement(key: key, id: id)))
                room.acknowledged()
            }
        case .sent(let id):
            connection.onLoop.sendOrClose(.ack(Acknowledgement(key: key, id: id)))
        case .underWay:
            // It came from an earlier connection, on another loop, a moment ago. What it says next has to wait too.
            connection.onLoop.pauseReading()
            connection.loop.execute { [self] in
                connection.onLoop.resumeReading()
                if connection.onLoop.isOpen { say(text, key: key) }
            }
        }
    }

    private func rename(_ text: String) throws(Problem) {
        let wanted = text.contains { $0 != " " } ? try MemberName(text) : nil
        let result = room.hub.withLock { [id = member.id] hub in
            Result { () throws(Problem) in try hub.rename(id, to: wanted) }
        }
        guard let renaming = try result.get() else { return }
        room.logger.info("Client \(member.id) is called \(renaming.member.name).")
        member = renaming.member
        prefix = room.settings.envelope.prefix(for: member.name)
        send(.announcement(.renamed(renaming)), includingSelf: true)
    }

    private func send(
        _ message: ChannelMessage,
        includingSelf: Bool,
        onSequenced: (@Sendable (UInt64) -> Void)? = nil
    ) {
        group.trySend(
            from: membership,
            includingSender: includingSelf,
            payloadBytes: message.byteCount,
            onSequenced: onSequenced
        ) { format, number in
            MemberForm(rawValue: format).flatMap { message.encoded(as: $0, id: number) }
        }
    }

    private func log(_ message: WebSocketMessage) {
        room.logMessage(member.id, message)
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
