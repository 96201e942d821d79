import LWSSwift
import Logging

/// A member on its connection's loop: where it stands, and what stands around its words. The gateways are the kinds of it.
///
/// Reason for the unchecked conformance: it is confined to the loop of its connection, which calls check, those that are made
/// for every message by what they ask of the membership; lws makes them.
class Participant: @unchecked Sendable {
    final let service: ChatService
    final let channel: Channel
    /// The channel's: by way of that it would be counted for every message.
    final let group: BroadcastGroup
    final let membership: BroadcastMember
    final private(set) var principal: Principal
    /// What it may do in its channel.
    final private(set) var rights: ChannelRights
    /// When it came, in seconds since 1970-01-01 00:00 UTC: here, where it takes no memory.
    final let since: UInt32
    /// Sees to it that its token holds; nil for one without a token.
    private final var watch: GrantWatch?
    final private(set) var seat: Seat
    /// The number of its link to the channel.
    final let link: UInt64
    /// Made when it first says something, since most only listen.
    private final var madeEnvelope: BroadcastEnvelope?
    private final var madeSpeaker: Speaker?
    private final var owesAttendance = false
    private final var hasEnded = false
    /// Where it is in the list of its loop, which is who sets it.
    final var place: UInt32 = 0
    /// What it may send before that is paid for. Not checked at run time for overlapping accesses, which every message would
    /// pay for.
    @exclusivity(unchecked) private final var portion = SendingPortion()
    /// Made when it first says something.
    private final var account: Account?

    private final class Account {
        var sending = SendingAccount()
        /// What all connections of its subject have left; nil for one without.
        let subject: SharedMeter?

        init(subject: SharedMeter?) {
            self.subject = subject
        }
    }

    init(_ place: Place, _ membership: BroadcastMember) {
        service = place.service
        channel = place.channel
        group = place.channel.group
        principal = place.principal
        rights = place.rights
        seat = place.arrival.seat
        link = place.link
        since = UInt32(clamping: WallTime.now.second)
        self.membership = membership
        service.participants(on: membership.subscriber.loop).add(self)
    }

    /// A place that somebody has been given, who is to take it now.
    struct Place: Sendable {
        let service: ChatService
        let channel: Channel
        let principal: Principal
        let rights: ChannelRights
        let arrival: Channel.Arrival
        /// Where it comes from.
        let address: SocketAddress?
        /// The number of the link that is taken in.
        let link: UInt64
    }

    private final func checkLoop() {
        membership.subscriber.loop.preconditionIsCurrent("A member")
    }

    /// Where it is; nil for one that is not known.
    var address: SocketAddress? { membership.subscriber.webSocket?.handshake.remoteAddress }
    var form: ConnectionForm { .text }

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
        let made = Speaker(seat.member, isNamed: seat.member.ownName != nil, in: channel.name, service.logFormat)
        madeSpeaker = made
        return made
    }

    /// It has another name.
    final func take(_ member: Member) {
        checkLoop()
        seat.member = member
        madeEnvelope = nil
        madeSpeaker = nil
    }

    /// Its WebSocket connection has ended.
    final func end(_ close: WebSocketClose) {
        // A client that says goodbye does not come back. Browsers say so without a code.
        let isGoodbye =
            switch close.initiator {
            case .peer: [.normalClosure, .noStatusReceived].contains(close.code)
            // Who is told not to come back has no place to come back to.
            case .local: WebSocketCloseCode.endingForGood ~= close.code.rawValue
            case .connectionLoss: false
            }
        end("\(close)", code: close.code, isForGood: isGoodbye)
    }

    /// Its connection, of whatever kind, has ended.
    final func end(_ reason: String, code: WebSocketCloseCode? = nil, isForGood: Bool) {
        checkLoop()
        hasEnded = true
        watch?.end()
        watch = nil
        if let account {
            unsafe service.limits.payRest(
                &account.sending,
                &portion,
                subject: account.subject,
                channel: channel.meter
            )
        }
        membership.leave()
        service.participants(on: membership.subscriber.loop).remove(self)
        service.leave(self, reason, code: code, isForGood: isForGood)
    }

    // MARK: What it may

    /// Has its token watched, if it came with one; once it can be told things.
    final func watchToken() {
        // The connection of one that comes may have ended before it has arrived.
        guard principal.grant != nil, !hasEnded else { return }
        let watch = GrantWatch(self, service.access)
        self.watch = watch
        watch.begin()
    }

    /// Shows another token, which has to be of the same subject.
    ///
    /// - Parameter answer: called on the loop with why not; nil when it is taken, and the member was told what it grants.
    final func renew(_ token: String, _ answer: @escaping @Sendable (AccessFault?) -> Void) {
        let loop = membership.subscriber.loop
        service.access.doorkeeper.ask(token) { result in
            let take: @Sendable () -> Void = { [self] in
                switch result {
                case .failure(let fault): answer(.token(fault))
                case .success(let grant):
                    guard let own = principal.grant, own.subject == grant.subject else {
                        return answer(.otherSubject)
                    }
                    principal.grant = grant
                    watch?.renew()
                    tell(.rights(Granted(rights, until: grant.expiry)))
                    answer(nil)
                }
            }
            if loop.isCurrent { take() } else { loop.execute(take) }
        }
    }

    /// What it was granted has been looked at again.
    final func take(_ grant: Grant) {
        checkLoop()
        principal.grant = grant
        let new = grant.rights(in: channel.name)
        guard new.contains(.subscribe) else { return dismiss(.forbidden(.subscribe)) }
        // It is told of the others in another way, from the beginning.
        guard new.contains(.presence) == rights.contains(.presence) else { return dismiss(.rightsHaveChanged) }
        guard new != rights else { return }
        rights = new
        tell(.rights(Granted(new, until: grant.expiry)))
    }

    /// Has it go, since it may not be here any longer.
    func dismiss(_ fault: AccessFault) {}

    // MARK: What it sends

    /// Counts a message that was taken. When it is more than may come, what follows is held back.
    @inline(__always)
    final func count(_ message: BorrowedMessage) {
        if unsafe portion.count(message.bytes.byteCount) { settle() }
    }

    private final func settle() {
        let account = account ?? Account(subject: principal.subject.map(service.limits.meter))
        self.account = account
        let slowing = unsafe service.limits.settle(
            &account.sending,
            &portion,
            subject: account.subject,
            channel: channel.meter
        )
        guard let slowing, let connection = membership.subscriber.webSocket?.onLoop else { return }
        hold(connection, slowing.wait) { $0.settle() }
        guard slowing.isNews else { return }
        service.logger.event(
            .info,
            .throttled,
            ["client": .stringConvertible(seat.id.number)],
            "Client \(seat.id) sends more than it may, and is slowed down."
        )
        tell(.notice(.slowed))
    }

    /// Holds it back for so many seconds, or until it has been looked again.
    private final func hold(_ connection: LoopConnection, _ seconds: Double, _ look: @escaping (Participant) -> Void) {
        let longest = Limits.longestHold
        guard seconds > longest else { return connection.holdBack(for: .seconds(seconds)) }
        // It is looked before it goes on.
        connection.holdBack(for: .seconds(min(seconds, longest + 1)))
        membership.subscriber.loop.call(after: .seconds(longest)) { [weak self] in
            if let self, !hasEnded { look(self) }
        }
    }

    /// Has it wait before its first message when others owe something for what it shares with them: otherwise each connection
    /// more could send one.
    final func heedShared() {
        guard rights.contains(.publish), let connection = membership.subscriber.webSocket?.onLoop else { return }
        let wait = service.limits.sharedDebt(subject: principal.subject, channel: channel.meter)
        if wait > 0 { hold(connection, wait) { $0.heedShared() } }
    }

    /// All that it has sent.
    final var sent: MessageAmount {
        checkLoop()
        return unsafe account?.sending.total(with: portion) ?? MessageAmount()
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
            if rights.contains(.presence) { tell(.members(attendance)) }
            if let replication = service.replication { tell(.status(replication.status)) }
        }
    }
}
