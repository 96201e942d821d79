import LWSSwift
import Logging
import Synchronization

/// Who comes and goes.
extension ChatService {
    /// Why nobody can be taken in.
    static let tooManyChannels = "There are too many channels: use an existing one, or come back later."

    /// Why somebody cannot come to a channel that is not there; nil when it is, or may be made.
    func refusal(of channel: ChannelName, by principal: Principal) -> Refusal? {
        guard let refusal = directory.refusal(of: channel, by: principal)?.refusal else { return nil }
        limits.count(refusal)
        return refusal
    }

    /// Takes in a member.
    ///
    /// - Parameters:
    ///   - rights: what it may do there.
    ///   - address: where it is, for the log.
    ///   - arrive: called on the connection's loop at the member's place in the order of its channel, where it has to join
    ///     the group: at once if that loop is the channel's home. ``leave(_:_:)`` is to follow, also when the connection has
    ///     ended meanwhile.
    ///   - refuse: called on the connection's loop instead when the cluster takes nobody just now.
    /// - Returns: the channel.
    @discardableResult
    func join(
        _ request: JoinRequest,
        as principal: Principal,
        with rights: ChannelRights,
        at address: SocketAddress?,
        over connection: BroadcastSubscriber,
        refuse: @escaping @Sendable () -> Void,
        _ arrive: @escaping @Sendable (Participant.Place) -> Void
    ) throws(ChannelTable<Channel>.TooManyChannels) -> Channel {
        let channel = try directory.enter(request.channel, by: principal)
        let arrived: @Sendable (Channel.Arrival, UInt64) -> Void = { [self] arrival, link in
            let total = connectionCount.add(1, ordering: .relaxed).newValue
            limits.connectionBegan(principal.share)
            log(arrival, of: principal, at: address, in: request.channel, total)
            arrive(
                Participant.Place(
                    service: self,
                    channel: channel,
                    principal: principal,
                    rights: rights,
                    arrival: arrival,
                    address: address,
                    link: link
                )
            )
        }
        channel.join(request, over: connection, arrived, refuse: refuse)
        return channel
    }

    /// The connection of a member has ended: it leaves, or its place is kept for a while.
    ///
    /// - Parameters:
    ///   - reason: how it ended, for the log.
    ///   - code: of a WebSocket.
    ///   - isForGood: the client has said that it does not come back.
    func leave(_ participant: Participant, _ reason: String, code: WebSocketCloseCode?, isForGood: Bool) {
        let seat = participant.seat
        closed.add(ClosedConnection(ConnectionSample(participant), time: WallTime.now.milliseconds, code, reason))
        let total = connectionCount.subtract(1, ordering: .relaxed).newValue
        limits.connectionEnded(participant.principal.share)
        logger.event(
            .info,
            .disconnected,
            [
                "client": .stringConvertible(seat.id.number), "reason": .string(reason),
                "total": .stringConvertible(total),
            ],
            "Client \(seat.id) disconnected (\(reason)). Total clients: \(total)"
        )
        // All are leaving, and some would be told of others before they have gone themselves.
        guard isListening else { return }
        participant.channel.disconnect(seat, link: participant.link, leaves: isForGood, participant.principal.share)
    }

    private func log(
        _ arrival: Channel.Arrival,
        of principal: Principal,
        at address: SocketAddress?,
        in channel: ChannelName,
        _ total: Int
    ) {
        let seat = arrival.seat
        // Only made for a log that has it.
        func how() -> String {
            let subject = principal.subject.map { ", subject \(EscapedText.excerpt($0))" } ?? ""
            return (arrival.isBack ? " again" : "") + (address.map { " (\($0)\(subject))" } ?? subject)
        }
        logger.event(
            .info,
            .connected,
            Logger.Metadata([
                ("client", seat.id.number), ("address", address), ("subject", principal.subject), ("channel", channel),
                ("again", arrival.isBack), ("total", total),
            ]),
            "Client \(seat.id) connected\(how()). Total clients: \(total)"
        )
        guard !arrival.isBack, arrival.isNamed || channel != .default else { return }
        let name = arrival.isNamed ? " called \(seat.member.name)," : ""
        logger.event(
            .info,
            .named,
            Logger.Metadata([("client", seat.id.number), ("name", seat.member.name), ("channel", channel)]),
            "Client \(seat.id) is\(name) in \(channel)."
        )
    }

    /// A member was too slow, and was not sent something.
    func log(_ loss: BroadcastLoss, of participant: Participant) {
        guard loss.messageCount > 0 else { return }
        let id = participant.seat.id
        logger.event(
            .warning,
            .slow,
            ["client": .stringConvertible(id.number), "lost": .stringConvertible(loss.messageCount)],
            "Client \(id) is too slow: \(loss.messageCount) messages were left out."
        )
    }
}
