import LWSSwift

/// How much there may be of everything, of whom there is how much, and what came of it. May be used on any thread.
///
/// Its settings can be replaced while it is in use: what is there already stays, what comes is judged by the new ones.
final class Limits: Sendable {
    fileprivate struct State: Sendable {
        var settings: LimitSettings
        let descriptors: Int
        var connections = AddressCounts()
        /// Whatever speaks, or does not, TCP with the server: connections too.
        var sockets = AddressCounts()
        var handshakes = RecencyMap<AddressShare, TokenBucket>()
        var publishers = MeterTable<AddressShare>()
        var subjects = MeterTable<String>()
        var counters = LimitCounters()
    }

    private let state: Monitor<State>
    private let clock: @Sendable () -> Double

    private static let beginning = ContinuousClock.now
    /// How many addresses are known by when they came last.
    fileprivate static let maximumHandshakers = 10_000
    /// Sockets that an address may have beyond its connections: in the handshake, or with a plain request.
    private static let handshakeAllowance = 64

    /// - Parameters:
    ///   - descriptors: how many connections there are descriptors for, whatever the settings say.
    ///   - clock: seconds, of a clock that nobody sets.
    init(
        _ settings: LimitSettings = LimitSettings(),
        descriptors: Int = .max,
        clock: @escaping @Sendable () -> Double = { beginning.duration(to: .now) / .seconds(1) }
    ) {
        state = Monitor(State(settings: settings, descriptors: descriptors))
        self.clock = clock
    }

    /// Has everything judged by these from now on.
    func replace(_ settings: LimitSettings) {
        state.withLock { $0.settings = settings }
    }

    var settings: LimitSettings { state.withLock { $0.settings } }
    var counters: LimitCounters { state.withLock { $0.counters } }

    // MARK: Connections

    /// Judges one who wants a connection, or an event stream, and has come for it just now.
    ///
    /// - Returns: why it gets none, and after how many seconds it may; nil when it does.
    func judgeArrival(_ share: AddressShare, _ address: SocketAddress?) -> (refusal: Refusal, wait: Int)? {
        let now = clock()
        return state.withLock { state in
            let isExempt = state.settings.isProxy(address)
            let result = state.judgeHandshake(share, isExempt, now) ?? state.judgeConnection(share, isExempt)
            if let result { state.counters.refusals[result.refusal, default: 0] += 1 }
            return result
        }
    }

    /// Whether there is still room for one that was told so before.
    func hasRoom(for share: AddressShare, _ address: SocketAddress?) -> Bool {
        state.withLock { state in
            guard let result = state.judgeConnection(share, state.settings.isProxy(address)) else { return true }
            state.counters.refusals[result.refusal, default: 0] += 1
            return false
        }
    }

    /// Why one who came now would get no connection; nil if it would.
    func connectionRefusal(_ share: AddressShare, _ address: SocketAddress?) -> Refusal? {
        state.withLock { $0.judgeConnection(share, $0.settings.isProxy(address))?.refusal }
    }

    func connectionBegan(_ share: AddressShare) {
        state.withLock { $0.connections.add(share) }
    }

    func connectionEnded(_ share: AddressShare) {
        state.withLock { $0.connections.remove(share) }
    }

    // MARK: Sockets

    /// Takes in a socket that was accepted; ``socketEnded(_:)`` is to follow then.
    func admitsSocket(_ address: SocketAddress?) -> Bool {
        let share = AddressShare(address)
        return state.withLock { state in
            let settings = state.settings
            let isExempt = share.isLocal || settings.isProxy(address)
            let most = settings.connectionsPerAddress.most(
                of: state.maximumConnections,
                for: share,
                isExempt: isExempt
            )
            if let most, state.sockets[share] >= most + Self.handshakeAllowance {
                state.counters.refusedSockets += 1
                return false
            }
            state.sockets.add(share)
            return true
        }
    }

    func socketEnded(_ address: SocketAddress?) {
        let share = AddressShare(address)
        state.withLock { $0.sockets.remove(share) }
    }

    /// A connection was closed that did not begin with the header of a proxy.
    func countBadProxyHeader() {
        state.withLock { $0.counters.badProxyHeaders += 1 }
    }

    /// Which proxies are believed, and where they say in whose name they come.
    var proxies: (trusted: AddressNetworks, field: ForwardedField) {
        state.withLock { ($0.settings.trustedProxies, $0.settings.forwardedField) }
    }

    // MARK: Channels and sessions

    /// How many channels there may be when somebody comes to one.
    func channelBounds(for principal: Principal?) -> ChannelTable<Channel>.Bounds {
        let settings = settings
        let ofMaker = principal.flatMap { principal in
            settings.channelsPerAddress.most(
                of: settings.maximumChannels,
                for: principal.share,
                isExempt: false
            )
        }
        return ChannelTable.Bounds(all: settings.maximumChannels, maker: principal?.share, ofMaker: ofMaker)
    }

    /// How many sessions without a connection there may be, in all and of one address.
    var sessionBounds: (all: Int, ofShare: Int) {
        let settings = settings
        return (settings.maximumSessions, settings.sessionsPerAddress)
    }

    // MARK: Messages

    /// The meter of all connections of a subject.
    func meter(of subject: String) -> SharedMeter {
        state.withLock { $0.subjects.meter(of: subject) }
    }

    /// For how long somebody is slowed down until it is looked again what is owed, in seconds: the rates may be others by then.
    static let longestHold = 5.0

    /// Pays for what a connection has sent.
    ///
    /// - Returns: nil when it may go on at once.
    func settle(
        _ account: inout SendingAccount,
        _ portion: inout SendingPortion,
        subject: SharedMeter?,
        channel: SharedMeter
    ) -> SendingAccount.Slowing? {
        let rates = state.withLock { $0.settings.rates }
        let slowing = account.settle(&portion, rates, subject: subject, channel: channel, now: clock())
        guard let slowing else { return nil }
        state.withLock { state in
            if slowing.isNews { state.counters.slowedSenders += 1 }
            state.counters.slowedSeconds += min(slowing.wait, Self.longestHold)
        }
        return slowing
    }

    /// Pays for the rest of what a connection has sent that has ended.
    func payRest(
        _ account: inout SendingAccount,
        _ portion: inout SendingPortion,
        subject: SharedMeter?,
        channel: SharedMeter
    ) {
        let rates = state.withLock { $0.settings.rates }
        _ = account.settle(&portion, rates, subject: subject, channel: channel, now: clock())
    }

    /// In how many seconds nothing is owed for what one shares with others; 0 when nothing is.
    func sharedDebt(subject: String?, channel: SharedMeter) -> Double {
        let (rates, subject) = state.withLock { state in
            let rates = state.settings.rates
            return (rates, rates.subject.isLimit ? subject.map { state.subjects.meter(of: $0) } : nil)
        }
        guard rates.subject.isLimit || rates.channel.isLimit else { return 0 }
        let now = clock()
        let nothing = MessageAmount()
        return max(
            subject?.wait(for: nothing, of: rates.subject, now: now) ?? 0,
            channel.wait(for: nothing, of: rates.channel, now: now)
        )
    }

    /// Pays for what somebody publishes without a connection, all of it or nothing.
    ///
    /// More than the burst allows goes when nothing else did for so long that the whole burst is there.
    ///
    /// - Parameter channel: nil for one that there is not yet.
    /// - Returns: nil when it may be published; after how many seconds to come back otherwise.
    func judgePosting(
        _ amount: MessageAmount,
        _ principal: Principal,
        channel: SharedMeter?
    ) -> Int? {
        let (rates, client, subject) = state.withLock { state in
            let rates = state.settings.rates
            return (
                rates,
                rates.client.isLimit ? state.publishers.meter(of: principal.share) : nil,
                rates.subject.isLimit ? principal.subject.map { state.subjects.meter(of: $0) } : nil
            )
        }
        let now = clock()
        let meters = [(client, rates.client), (subject, rates.subject), (channel, rates.channel)]
        let wait = meters.reduce(0) { max($0, $1.0?.wait(for: amount, of: $1.1, now: now) ?? 0) }
        guard wait <= 0 else {
            state.withLock { $0.counters.refusals[.tooFast, default: 0] += 1 }
            return Self.retryAfter(wait)
        }
        for (meter, rates) in meters { _ = meter?.spend(amount, of: rates, now: now) }
        return nil
    }

    /// Pays for what was published in a channel that was made for it.
    func pay(_ amount: MessageAmount, in channel: SharedMeter) {
        let rates = state.withLock { $0.settings.rates }
        _ = channel.spend(amount, of: rates.channel, now: clock())
    }

    /// Counts somebody who was not let in, where that was judged elsewhere.
    func count(_ refusal: Refusal) {
        state.withLock { $0.counters.refusals[refusal, default: 0] += 1 }
    }

    /// Whole seconds.
    fileprivate static func retryAfter(_ seconds: Double) -> Int { max(1, Int(min(seconds, 86_400).rounded(.up))) }
}

extension Limits.State {
    /// How many seconds one who is told that there are too many connections is to wait: nobody knows.
    private static var usualWait: Int { 5 }

    /// An address is to leave descriptors to others, too.
    fileprivate var maximumConnections: Int { min(settings.maximumConnections, descriptors) }

    fileprivate mutating func judgeHandshake(
        _ share: AddressShare,
        _ isExempt: Bool,
        _ now: Double
    ) -> (refusal: Refusal, wait: Int)? {
        let rate = settings.handshakes
        guard rate.isLimit, !isExempt else { return nil }
        var bucket = handshakes[share] ?? TokenBucket()
        let wait = bucket.wait(for: 1, of: rate, now: now)
        guard wait <= 0 else { return (.tooOften, Limits.retryAfter(wait)) }
        _ = bucket.spend(1, of: rate, now: now)
        if handshakes[share] == nil, handshakes.count == Limits.maximumHandshakers { handshakes.removeFirst() }
        handshakes[share] = bucket
        handshakes.touch(share)
        return nil
    }

    fileprivate func judgeConnection(_ share: AddressShare, _ isExempt: Bool) -> (refusal: Refusal, wait: Int)? {
        let most = settings.connectionsPerAddress.most(
            of: maximumConnections,
            for: share,
            isExempt: isExempt
        )
        if let most, connections[share] >= most { return (.addressIsFull, Self.usualWait) }
        return connections.total >= maximumConnections ? (.full, Self.usualWait) : nil
    }
}
