import LWSSwift
import Logging

/// A member that speaks JSON: takes its objects apart, and tells it what concerns it alone.
///
/// Reason for the unchecked conformance: that of ``Participant``.
final class JSONGateway: Participant, @unchecked Sendable {
    private var connection: LoopConnection {
        guard let connection = membership.subscriber.webSocket else {
            preconditionFailure("It was made for a WebSocket connection.")
        }
        return connection.onLoop
    }
    /// It is read from again once its new name has come, and once the answers that wait for it have left.
    private var waitsForName = false
    private var waitsForToken = false
    private var hasAnswersWaiting = false
    override var form: ConnectionForm { .json }

    /// Becomes a member of the channel, at its place in the order, and says so.
    static func enter(_ connection: LoopConnection, _ visit: Visit, _ place: Place) {
        let replay = visit.recall.replay
        // First, since what is queued now goes before what it joins in.
        let resumption = replay.map(place.channel.group.resumption)
        connection.tell(.welcome(welcome(visit, place, resumption)))
        if let gap = resumption.flatMap(visit.gap) { connection.tell(.gap(gap)) }
        // Its own messages come again when it gets them in any case.
        let tag = place.service.settings.echoes ? nil : place.arrival.seat.sessionTag
        let gateway = JSONGateway(place, place.channel.join(connection.subscriber, visit.form, replay, tag: tag))
        // Behind what is replayed, even if that is nothing: what comes now is live.
        if let resumption { connection.tell(.position(PositionText(resumption.end))) }
        if let trouble = place.service.trouble { connection.tell(.status(trouble)) }
        for problem in visit.problems { connection.tell(.error(problem)) }
        if let problem = place.arrival.problem { connection.tell(.error(problem)) }
        gateway.membership.noticeLoss { loss in
            loss.messageCount > 0 ? ChatProtocol.encode(ServerObject.gap(Gap(loss))) : nil
        }
        gateway.membership.onLoss { gateway.lost($0) }
        connection.onBorrowedMessage { gateway.receive($0) }
        connection.onClose { gateway.end($0) }
        gateway.heedShared()
        gateway.watchToken()
        // Its session may be older than its token.
        if place.arrival.isBack { gateway.takeName() }
    }

    private static func welcome(
        _ visit: Visit,
        _ place: Place,
        _ resumption: BroadcastGroup.Resumption?
    ) -> Welcome {
        let arrival = place.arrival
        return Welcome(
            position: PositionText(resumption?.start ?? place.channel.group.position),
            recovered: visit.position != nil && visit.recall != .forbidden && resumption?.missing == nil,
            member: arrival.seat.member,
            session: arrival.seat.session?.description ?? "",
            channel: place.channel.name.text,
            count: arrival.attendance.count,
            members: place.rights.contains(.presence) ? arrival.attendance.members : nil,
            maxMessage: place.service.settings.maximumMessageBytes,
            rights: place.rights == .member ? nil : place.rights.words,
            expires: place.principal.grant?.expiry?.milliseconds
        )
    }

    // MARK: What comes from it

    private func receive(_ message: BorrowedMessage) {
        take(message)
        count(message)
    }

    private func take(_ message: BorrowedMessage) {
        guard service.isListening else { return }
        guard message.kind == .text else {
            guard rights.contains(.publish) else { return refuse(Self.mayNotPublish(nil)) }
            return publish(message)
        }
        if let spoken = SpokenText(message) {
            let (key, stored) = (spoken.key, spoken.stored)
            guard rights.contains(.publish) else { return refuse(Self.mayNotPublish(key)) }
            return spoken.withText { say($0, key: key, stored) }
        }
        do throws(Problem) {
            try take(ChatProtocol.decode(ClientObject.self, from: message.message.bytes))
        } catch {
            refuse(error)
        }
    }

    private func take(_ object: ClientObject) throws(Problem) {
        switch object {
        case .message(let text, let key, let stored):
            guard rights.contains(.publish) else { throw Self.mayNotPublish(key) }
            say(WebSocketMessage.text(text).borrowed, key: key, stored)
        case .name(let name): try rename(name)
        case .fetch(let fetch):
            guard rights.contains(.history) else { throw AccessFault.forbidden(.history).problem }
            tell(.history(try service.history(fetch, for: self)))
        case .token(let token): show(token)
        }
    }

    private static func mayNotPublish(_ key: String?) -> Problem {
        var problem = AccessFault.forbidden(.publish).problem
        problem.key = key
        return problem
    }

    /// What it says next is to stand behind what the token brings.
    private func show(_ token: String) {
        waitsForToken = true
        connection.pauseReading()
        renew(token) { [self] fault in
            if let fault { refuse(fault.problem) }
            waitsForToken = false
            takeName()
            readOn()
        }
    }

    /// It is called what its token says, which may be another name than before.
    private func takeName() {
        guard let name = principal.grant?.name, !NameRegister.gives(seat.member.name, for: name.text) else { return }
        try? rename(name.text)
    }

    override func dismiss(_ fault: AccessFault) {
        refuse(fault.problem)
        connection.close(code: fault.closeCode, reason: fault.description)
    }

    private func say(_ text: BorrowedMessage, key: String?, _ stored: Stored?) {
        guard let key else { return publish(text) }
        service.publish(text.message, key: MessageKey(text: key), isDurable: stored == .disk, by: self) {
            [self] delivery in
            guard case .taken(let receipt, let isDuplicate) = delivery else {
                return refuse(Self.problem(delivery, key))
            }
            let acknowledgement = Acknowledgement(
                key: key,
                id: receipt.id,
                receivers: receipt.receivers,
                stored: Acknowledgement.Storage(receipt.stored),
                isDuplicate: isDuplicate
            )
            tell(.ack(acknowledgement))
        }
    }

    private func publish(_ message: BorrowedMessage) {
        service.publish(message, by: self) { [weak self] in self?.refuse(Channel.unavailable) }
    }

    private static func problem(_ delivery: Channel.Delivery, _ key: String) -> Problem {
        if case .refused = delivery {
            return Problem(
                .unavailable,
                "The cluster has not said that it has the message: send it again with its key.",
                key: key
            )
        }
        return Problem(.notStored, "The message was sent, but the disk has not taken it.", key: key)
    }

    private func rename(_ name: String) throws(Problem) {
        try service.rename(self, to: name) { [self] result in
            switch result {
            case .success(let change):
                take(change.renaming.member)
                if !change.isAnnounced || !rights.contains(.presence) { tell(.renamed(change.renaming)) }
            case .failure(let problem): refuse(problem)
            case nil: break
            }
            waitsForName = false
            readOn()
        }
        // What it says next is to stand behind the new name, which has to come from its channel's home first.
        guard !channel.answersAtOnce else { return }
        waitsForName = true
        connection.pauseReading()
    }

    private func readOn() {
        if !waitsForName, !waitsForToken, !hasAnswersWaiting { connection.resumeReading() }
    }

    private func refuse(_ problem: Problem) {
        service.logger.event(
            .debug,
            .badMessage,
            ["client": .stringConvertible(seat.id.number), "reason": .string(problem.message)],
            "Client \(seat.id) sent what cannot be taken: \(problem.message)"
        )
        tell(.error(problem))
    }

    /// What it asks for further has to wait while it does not take the answers.
    override func tell(_ object: ServerObject) {
        guard connection.tell(object) == .aboveHighWaterMark, !hasAnswersWaiting else { return }
        hasAnswersWaiting = true
        connection.onWritable { [weak self] in
            guard let self else { return }
            hasAnswersWaiting = false
            readOn()
        }
        connection.pauseReading()
    }
}

extension LoopConnection {
    /// Sends to a client that is let go when it does not keep up even with what is for it alone.
    @discardableResult
    fileprivate func tell(_ object: ServerObject) -> SendResult {
        let result = trySend(ChatProtocol.encode(object))
        if result == .dropped {
            // Does nothing to one that is closing already.
            close(code: .policyViolation, reason: "Too slow: the messages that wait exceed the limit.")
        }
        return result
    }
}
