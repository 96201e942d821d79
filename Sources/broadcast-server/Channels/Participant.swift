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
    /// The number of its link to the channel.
    final let link: UInt64
    /// Made when it first says something, since most only listen.
    private final var madeEnvelope: BroadcastEnvelope?
    private final var madeSpeaker: Speaker?
    private final var owesAttendance = false

    init(_ place: Place, _ membership: BroadcastMember) {
        service = place.service
        channel = place.channel
        group = place.channel.group
        principal = place.principal
        seat = place.arrival.seat
        link = place.link
        self.membership = membership
    }

    /// A place that somebody has been given, who is to take it now.
    struct Place: Sendable {
        let service: ChatService
        let channel: Channel
        let principal: Principal
        let arrival: Channel.Arrival
        /// The number of the link that is taken in.
        let link: UInt64
    }

    /// What stands around its words.
    final var envelope: BroadcastEnvelope { madeEnvelope ?? makeEnvelope() }

    private final func makeEnvelope() -> BroadcastEnvelope {
        let author = Author(
            member: seat.member,
            form: service.settings.envelope,
            epoch: group.position.epoch
        )
        let made = author.envelope
        madeEnvelope = made
        return made
    }

    /// How the log calls it.
    final var speaker: Speaker {
        if let made = madeSpeaker { return made }
        let made = Speaker(seat.member, isNamed: seat.member.ownName != nil, in: channel.name)
        madeSpeaker = made
        return made
    }

    /// It has another name.
    final func take(_ member: Member) {
        seat.member = member
        madeEnvelope = nil
        madeSpeaker = nil
    }

    /// Its WebSocket connection has ended.
    final func end(_ close: WebSocketClose) {
        // A client that says goodbye does not come back. Browsers say so without a code.
        let isGoodbye = close.initiator == .peer && [.normalClosure, .noStatusReceived].contains(close.code)
        end("\(close)", isForGood: isGoodbye)
    }

    /// Its connection, of whatever kind, has ended.
    final func end(_ reason: String, isForGood: Bool) {
        membership.leave()
        service.leave(self, reason, isForGood: isForGood)
    }

    // MARK: What it has lost

    /// Tells it alone something, if it is one that can be told.
    func tell(_ object: ServerObject) {}

    /// It was too slow, and was not sent something: it is told how things are when it was not told what has changed.
    final func lost(_ loss: BroadcastLoss) {
        service.log(loss, of: self)
        guard loss.announcementCount > 0, !owesAttendance else { return }
        // Once for all that is lost meanwhile: it is slow as it is.
        owesAttendance = true
        membership.subscriber.loop.call(after: .seconds(1)) { [weak self] in self?.tellAttendance() }
    }

    private final func tellAttendance() {
        owesAttendance = false
        service.presence(for: self) { [self] attendance in
            tell(.members(attendance))
            if let replication = service.replication { tell(.status(replication.status)) }
        }
    }
}
