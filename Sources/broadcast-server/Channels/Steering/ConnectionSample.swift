import LWSSwift

/// How a member is reached.
enum ConnectionForm: String, Sendable, Codable {
    /// A WebSocket, and plain text.
    case text
    /// A WebSocket, and objects.
    case json
    /// A stream of events.
    case events
}

/// A member's connection at one moment, for whoever runs the server: what is there already, since it is taken on the loop of
/// many others.
struct ConnectionSample: Sendable {
    /// Tells it from every other connection of this process.
    let number: UInt64
    let id: ClientID
    let channel: ChannelName
    let name: String
    private let grant: Grant?
    let address: SocketAddress?
    let form: ConnectionForm
    /// When it began, in seconds since 1970-01-01 00:00 UTC.
    let since: UInt32
    /// What it has sent.
    let sent: MessageAmount
    /// What waits to be sent to it: bytes of its channel and those for it alone.
    let backlog: Int
    /// How long the oldest of its channel's has waited.
    let lag: Duration

    var subject: String? { grant?.subject }

    /// On the loop of the member.
    init(_ member: Participant) {
        let subscriber = member.membership.subscriber
        let lag = member.membership.lag
        number = subscriber.id
        id = member.seat.id
        channel = member.channel.name
        name = member.seat.member.name
        grant = member.principal.grant
        address = member.address
        form = member.form
        since = member.since
        sent = member.sent
        backlog = lag.bytes + (subscriber.webSocket?.onLoop.queuedBytes ?? subscriber.eventStream?.queuedBytes ?? 0)
        self.lag = lag.time
    }
}
