import LWSSwift
import Logging

/// A member on its loop: what it says goes to its channel, and what concerns only itself is answered.
final class Participant {
    private let room: Room
    private let connection: LoopConnection
    private let channel: Channel
    private let form: MemberForm
    private let session: SessionRegister.Key?
    private let logger: Logger
    private let id: ClientID
    private var name: String
    private var envelope: Envelope

    /// Becomes a member of its channel, and tells so.
    init(_ arrival: Hub<LoopBound<Channel>>.Arrival, _ connection: LoopConnection, in room: Room) {
        self.room = room
        self.connection = connection
        channel = arrival.channel.value
        form = arrival.session == nil ? .text : .json
        session = arrival.session
        logger = room.logger
        id = arrival.id
        name = arrival.welcome.name
        envelope = Envelope(name: name)
        channel.join(id, connection, form: form)
        if form == .json {
            answer(.welcome(arrival.welcome))
            if let problem = arrival.problem { answer(.error(problem)) }
        }
        if let announcement = arrival.announcement { channel.send(.announcement(announcement), except: id) }
    }

    /// Leaves the channel, and tells the others.
    func leave(_ departure: Hub<LoopBound<Channel>>.Departure?) {
        channel.leave(id)
        if let announcement = departure?.announcement { channel.send(.announcement(announcement)) }
    }

    // MARK: What it sends

    func receive(_ message: WebSocketMessage) {
        // One that is told to leave is not listened to any more: it would take what it said for lost, and say it again.
        guard connection.isOpen else { return }
        switch (form, message.kind) {
        case (.text, .text):
            say(message)
        case (.json, .text):
            do throws(Problem) {
                try receive(ChatProtocol.decode(ClientObject.self, from: message.bytes))
            } catch {
                logger.debug("Client \(id) sent what is not understood: \(error.message)")
                answer(.error(error))
            }
        case (_, .binary):
            log(message)
            channel.send(.binary(message), except: id)
        }
    }

    private func receive(_ object: ClientObject) throws(Problem) {
        switch object {
        case .message(let text, nil): say(.text(text))
        case .message(let text, let key?): say(.text(text), key: key)
        case .name(let name): try rename(name)
        }
    }

    @discardableResult
    private func say(_ text: WebSocketMessage) -> UInt64 {
        log(text)
        let saying = ChannelMessage.Saying(
            from: Member(id: id, name: name),
            envelope: envelope,
            time: WallTime.now.milliseconds,
            text: text
        )
        return channel.send(.said(saying), except: id)
    }

    private func say(_ text: WebSocketMessage, key: String) {
        guard let session else { return }
        switch room.hub.withLock({ $0.take(key: key, in: session) }) {
        case .new:
            let number = say(text)
            room.hub.withLock { $0.confirm(key: key, id: number, in: session) }
            answer(.ack(Acknowledgement(key: key, id: number)))
        case .sent(let number):
            answer(.ack(Acknowledgement(key: key, id: number)))
        case .underWay:
            break
        }
    }

    private func rename(_ text: String) throws(Problem) {
        let wanted = text.contains { $0 != " " } ? try MemberName(text) : nil
        let result = room.hub.withLock { [id] hub in
            Result { () throws(Problem) in try hub.rename(id, to: wanted) }
        }
        guard let renaming = try result.get() else { return }
        logger.info("Client \(id) is called \(renaming.member.name).")
        name = renaming.member.name
        envelope = Envelope(name: name)
        channel.send(.announcement(.renamed(renaming)))
    }

    // MARK: What it is told

    private func answer(_ object: ServerObject) {
        connection.sendOrClose(ChatProtocol.encode(object))
    }

    private func log(_ message: WebSocketMessage) {
        logger.info("Client \(id): \(EscapedText.excerpt(message))")
    }
}
