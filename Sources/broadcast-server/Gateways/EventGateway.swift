import LWSSwift

/// A member that listens to a stream of events, and cannot say anything.
final class EventGateway: Participant, @unchecked Sendable {
    /// When a client whose stream has ended comes back.
    private static let retry = Duration.seconds(2)

    /// Becomes a member of the channel, at its place in the order.
    static func enter(_ stream: EventStreamConnection, _ visit: Visit, _ place: Place) {
        let group = place.channel.group
        let replay = visit.recall.replay
        let resumption = replay.map(group.resumption)
        // At once, since heads alone may lie in the buffer of a proxy; and with a position, so that a client whose stream
        // ends before the first message misses nothing.
        stream.trySend(retry: retry, id: (resumption?.start ?? group.position).description)
        if let gap = resumption.flatMap(visit.gap) { stream.tell(.gap(gap)) }
        if place.rights.contains(.presence) { stream.tell(.members(place.arrival.attendance)) }
        let gateway = EventGateway(place, place.channel.join(stream.subscriber, visit.form, replay))
        if let trouble = place.service.trouble { stream.tell(.status(trouble)) }
        gateway.membership.noticeLoss(event: "gap") { loss in
            loss.messageCount > 0 ? ChatProtocol.encode(ServerObject.gap(Gap(loss))) : nil
        }
        gateway.membership.onLoss { gateway.lost($0) }
        stream.onClose { gateway.end($0) }
        gateway.watchToken()
    }

    private func end(_ end: EventStreamConnection.End) {
        let reason =
            switch end {
            case .byClient: "event stream ended by the client"
            case .byServer: "event stream ended"
            case .tooSlow: "event stream too slow"
            }
        // It may come back, but is another one then: it has no session.
        self.end(reason, isForGood: true)
    }

    /// It comes back by itself, and is told why not then.
    override func dismiss(_ fault: AccessFault) {
        membership.subscriber.eventStream?.close()
    }

    override func tell(_ object: ServerObject) {
        membership.subscriber.eventStream?.tell(object)
    }
}

extension EventStreamConnection {
    /// Sends an object as an event that is called by its type; a client that does not keep up even with what is for it alone
    /// is let go.
    fileprivate func tell(_ object: ServerObject) {
        guard let text = ChatProtocol.encode(object).text else { preconditionFailure("Objects are text.") }
        if trySend(event: object.type, data: text) == .dropped { close() }
    }
}
