import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct LimitsTests {
    private static let one = SocketAddress(host: "192.0.2.1", port: 1)
    private static let other = SocketAddress(host: "192.0.2.2", port: 1)
    private static let local = SocketAddress(host: "127.0.0.1", port: 1)

    private static func principal(_ address: SocketAddress?, _ subject: String? = nil) -> Principal {
        Principal(address: address, subject.map { Grant(source: .signed(id: nil), subject: $0, rights: .none) })
    }

    private func limits(_ time: Monitor<Double> = Monitor(0), _ change: (inout LimitSettings) -> Void) -> Limits {
        var settings = LimitSettings()
        change(&settings)
        return Limits(settings) { time.withLock { $0 } }
    }

    private func arrive(_ limits: Limits, _ address: SocketAddress?) -> Refusal? {
        let share = AddressShare(address)
        if let refusal = limits.judgeArrival(share, address)?.refusal { return refusal }
        limits.connectionBegan(share)
        return nil
    }

    @Test func `an address has only so many connections, and keeps nobody else out`() {
        let limits = limits { $0.connectionsPerAddress = .number(3) }
        for _ in 0..<3 { #expect(arrive(limits, Self.one) == nil) }
        for _ in 0..<10_000 { #expect(arrive(limits, Self.one) == .addressIsFull) }
        #expect(arrive(limits, Self.other) == nil)
        limits.connectionEnded(AddressShare(Self.one))
        #expect(arrive(limits, Self.one) == nil)
        #expect(limits.counters.refusals == [.addressIsFull: 10_000])
    }

    @Test func `one customer of a provider has one network of IPv6`() {
        let limits = limits { $0.connectionsPerAddress = .number(1) }
        #expect(arrive(limits, SocketAddress(host: "2001:db8:0:1::1", port: 1)) == nil)
        #expect(arrive(limits, SocketAddress(host: "2001:db8:0:1:ffff::2", port: 1)) == .addressIsFull)
        #expect(arrive(limits, SocketAddress(host: "2001:db8:0:2::1", port: 1)) == nil)
    }

    @Test func `unless something else is said one address has half, and this machine all`() {
        let limits = limits { $0.maximumConnections = 4 }
        for _ in 0..<2 { #expect(arrive(limits, Self.one) == nil) }
        #expect(arrive(limits, Self.one) == .addressIsFull)
        for _ in 0..<2 { #expect(arrive(limits, Self.local) == nil) }
        #expect(arrive(limits, Self.other) == .full)
        #expect(arrive(limits, Self.local) == .full)
    }

    @Test func `proxies stand for many`() {
        let limits = limits {
            $0.connectionsPerAddress = .number(1)
            $0.handshakes = Rate(perSecond: 1)
            $0.trustedProxies = AddressNetworks([AddressNetwork("192.0.2.0/31")!])
        }
        for _ in 0..<10 { #expect(arrive(limits, Self.one) == nil) }
        #expect(arrive(limits, Self.other) == nil)
        #expect(arrive(limits, Self.other) == .addressIsFull)
    }

    @Test func `who comes too often is told when to come back`() {
        let time = Monitor(0.0)
        let limits = limits(time) { $0.handshakes = Rate(perSecond: 1, burst: 5) }
        for _ in 0..<5 { #expect(arrive(limits, Self.one) == nil) }
        #expect(limits.judgeArrival(AddressShare(Self.one), Self.one).map { $0.wait } == 1)
        #expect(arrive(limits, Self.other) == nil)
        time.withLock { $0 = 1.1 }
        #expect(arrive(limits, Self.one) == nil)
        #expect(arrive(limits, Self.one) == .tooOften)
    }

    @Test func `sockets that say nothing count by their address, but for those of this machine`() {
        let limits = limits { $0.connectionsPerAddress = .number(10) }
        let admitted = (0..<10_000).count { _ in limits.admitsSocket(Self.one) }
        #expect(admitted == 10 + 64)
        #expect(limits.admitsSocket(Self.other))
        #expect((0..<1_000).allSatisfy { _ in limits.admitsSocket(Self.local) })
        limits.socketEnded(Self.one)
        #expect(limits.admitsSocket(Self.one))
        #expect(!limits.admitsSocket(Self.one))
        #expect(limits.counters.refusedSockets == 10_000 - 74 + 1)
    }

    @Test func `settings are replaced while they are in use`() {
        let limits = limits { $0.connectionsPerAddress = .number(1) }
        #expect(arrive(limits, Self.one) == nil)
        #expect(arrive(limits, Self.one) == .addressIsFull)
        limits.replace(LimitSettings())
        #expect(arrive(limits, Self.one) == nil)
        var fewer = LimitSettings()
        fewer.connectionsPerAddress = .number(1)
        limits.replace(fewer)
        limits.connectionEnded(AddressShare(Self.one))
        #expect(arrive(limits, Self.one) == .addressIsFull)
    }

    @Test func `what is published counts for its address, its subject and its channel`() {
        let time = Monitor(0.0)
        let limits = limits(time) {
            $0.rates.client.messages = Rate(perSecond: 10)
            $0.rates.subject.messages = Rate(perSecond: 10)
            $0.rates.channel.messages = Rate(perSecond: 10)
        }
        let channel = SharedMeter()
        let amount = MessageAmount(messages: 20, bytes: 20)
        #expect(limits.judgePosting(amount, Self.principal(Self.one), channel: nil) == nil)
        #expect(limits.judgePosting(amount, Self.principal(Self.one), channel: nil) == 2)
        #expect(limits.judgePosting(amount, Self.principal(Self.other, "ann"), channel: channel) == nil)
        // Of the same subject elsewhere, and of anybody else in the same channel.
        #expect(limits.judgePosting(amount, Self.principal(Self.local, "ann"), channel: nil) == 2)
        let elsewhere = Self.principal(Self.local, "bob")
        #expect(limits.judgePosting(amount, elsewhere, channel: channel) == 2)
        time.withLock { $0 = 2.1 }
        #expect(limits.judgePosting(amount, elsewhere, channel: channel) == nil)
        #expect(limits.counters.refusals == [.tooFast: 3])
    }

    @Test func `there are only so many meters`() {
        var table = MeterTable<Int>()
        let first = table.meter(of: 0)
        #expect(table.meter(of: 0) === first)
        for number in 0...MeterTable<Int>.maximumCount { _ = table.meter(of: number) }
        #expect(table.count == MeterTable<Int>.maximumCount)
        #expect(table.meter(of: 0) !== first)
    }

    @Test func `what is owed for a channel or a subject is known to who comes, and paid when a connection ends`() {
        let time = Monitor(0.0)
        let rate = MessageRates(messages: Rate(perSecond: 1, burst: 10))
        let limits = limits(time) { ($0.rates.channel, $0.rates.subject) = (rate, rate) }
        let channel = SharedMeter()
        #expect(limits.sharedDebt(subject: "ann", channel: channel) == 0)
        var (account, portion) = (SendingAccount(), SendingPortion())
        let subject = limits.meter(of: "ann")
        for _ in 0..<12 where portion.count(1) {
            _ = limits.settle(&account, &portion, subject: subject, channel: channel)
        }
        limits.payRest(&account, &portion, subject: subject, channel: channel)
        #expect(limits.sharedDebt(subject: "ann", channel: SharedMeter()) == 2)
        #expect(limits.sharedDebt(subject: "bob", channel: channel) == 2)
        #expect(limits.sharedDebt(subject: nil, channel: SharedMeter()) == 0)
        time.withLock { $0 = 3 }
        #expect(limits.sharedDebt(subject: "ann", channel: channel) == 0)
    }
}
