import LWSSwift

/// A member on its connection's loop: where it stands, and what stands around its words. The gateways are the kinds of it.
///
/// Reason for the unchecked conformance: it is confined to the loop of its connection, which every call checks by what it
/// asks of the membership first.
class Participant: @unchecked Sendable {
    final let service: ChatService
    final let channel: Channel
    /// The channel's: by way of that it would be counted for every message.
    final let group: BroadcastGroup
    final let membership: BroadcastMember
    final let principal: Principal
    final private(set) var seat: Seat
    /// Made when it first says something, since most only listen.
    private final var madeEnvelope: BroadcastEnvelope?

    init(_ place: Place, _ membership: BroadcastMember) {
        service = place.service
        channel = place.channel
        group = place.channel.group
        principal = place.principal
        seat = place.arrival.seat
        self.membership = membership
    }

    /// A place that somebody has been given, who is to take it now.
    struct Place: Sendable {
        let service: ChatService
        let channel: Channel
        let principal: Principal
        let arrival: Channel.Arrival
    }

    final var connection: LoopConnection { membership.connection.onLoop }

    /// What stands around its words.
    final var envelope: BroadcastEnvelope { madeEnvelope ?? makeEnvelope() }

    private final func makeEnvelope() -> BroadcastEnvelope {
        let author = Author(
            member: seat.member,
            prefix: service.settings.envelope.prefix(for: seat.member.name),
            epoch: group.position.epoch
        )
        let made = author.envelope
        madeEnvelope = made
        return made
    }

    /// It has another name.
    final func take(_ member: Member) {
        seat.member = member
        madeEnvelope = nil
    }

    /// Its connection has ended.
    final func end(_ close: WebSocketClose) {
        membership.leave()
        service.leave(self, close)
    }
}
