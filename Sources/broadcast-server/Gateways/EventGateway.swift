import LWSSwift

/// A member that listens to a stream of events, and cannot say anything.
///
/// Reason for the unchecked conformance: that of ``Participant``.
final class EventGateway: Participant, @unchecked Sendable {
    /// When a client whose stream has ended comes back.
    private static let retry = Duration.seconds(2)
    private let origin: SocketAddress?
    override var address: SocketAddress? { origin }
    override var form: ConnectionForm { .events }

    override init(_ place: Place, _ membership: BroadcastMember) {
        origin = place.address
        super.init(place, membership)
    }

    /// Becomes a member of the channel, at its place in the order.
    static func enter(_ stream: EventStreamConnection, _ visit: Visit, _ place: Place) {
        let attendance = place.rights.contains(.presence) ? place.arrival.attendance : nil
        let gateway = EventGateway(place, begin(stream, visit, place.channel, attendance, place.service.trouble))
        gateway.membership.onLoss { gateway.lost($0) }
        stream.onClose { gateway.end($0) }
        gateway.watchToken()
    }

    /// Begins to send what is said in a channel, at its place in the order.
    ///
    /// - Parameters:
    ///   - attendance: who is there; nil for one who is not told.
    ///   - trouble: what one that comes now is to know of the server.
    static func begin(
        _ stream: EventStreamConnection,
        _ visit: Visit,
        _ channel: Channel,
        _ attendance: Attendance?,
        _ trouble: Status?
    ) -> BroadcastMember {
        let group = channel.group
        let replay = visit.recall.replay
        let resumption = replay.map(group.resumption)
        // At once, since heads alone may lie in the buffer of a proxy; and with a position, so that a client whose stream
        // ends before the first message misses nothing.
        stream.trySend(retry: retry, id: (resumption?.start ?? group.position).description)
        if let gap = resumption.flatMap(visit.gap) { stream.tell(.gap(gap)) }
        if let attendance { stream.tell(.members(attendance)) }
        let membership = channel.join(stream.subscriber, visit.form, replay)
        if let trouble { stream.tell(.status(trouble)) }
        membership.noticeLoss(event: "gap") { loss in
            loss.messageCount > 0 ? ChatProtocol.encode(ServerObject.gap(Gap(loss))) : nil
        }
        return membership
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
