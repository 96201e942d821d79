import Testing

@testable import broadcast_server

@Suite struct AbsentSessionsTests {
    private typealias Sessions = AbsentSessions<Int>
    private var sessions = Sessions()

    private static func share(_ number: Int) -> AddressShare {
        AddressShare(host: "10.0.\(number / 256).\(number % 256)")
    }

    @Test mutating func `an address gives up its oldest when it has more than its share`() {
        #expect(sessions.add(-1, of: Self.share(1)) == nil)
        for number in 0..<Sessions.maximumShare { #expect(sessions.add(number, of: Self.share(2)) == nil) }
        #expect(sessions.add(500, of: Self.share(2)) == 0)
        #expect(sessions.add(501, of: Self.share(2)) == 1)
        #expect(sessions.count == Sessions.maximumShare + 1)
    }

    @Test mutating func `one address with 10,000 pushes nobody else out`() {
        for number in 0..<500 { #expect(sessions.add(number, of: Self.share(number)) == nil) }
        for number in 500..<10_500 { _ = sessions.add(number, of: Self.share(2_000)) }
        #expect(sessions.count == 500 + Sessions.maximumShare)
        // Those of others are still the oldest.
        for number in 0..<400 { #expect(sessions.add(20_000 + number, of: Self.share(3_000 + number)) == nil) }
        #expect(sessions.add(30_000, of: Self.share(4_000)) == 0)
    }

    @Test mutating func `one that comes back and goes again is the newest, and counts once`() {
        for number in 0..<Sessions.maximumShare { _ = sessions.add(number, of: Self.share(2)) }
        for _ in 0..<2_000 {
            #expect(sessions.add(0, of: Self.share(2)) == nil)
            sessions.remove(0)
        }
        #expect(sessions.add(0, of: Self.share(2)) == nil)
        #expect(sessions.add(500, of: Self.share(2)) == 1)
    }

    @Test mutating func `when there are too many in all, the address of the newest gives up its own`() {
        for number in 0..<Sessions.maximumCount {
            #expect(sessions.add(number, of: Self.share(number / 50)) == nil)
        }
        #expect(sessions.count == Sessions.maximumCount)
        // The last address has 50.
        #expect(sessions.add(5_000, of: Self.share(19)) == 950)
        // One that has none yet takes the place of the oldest of all.
        #expect(sessions.add(5_001, of: Self.share(500)) == 0)
        #expect(sessions.count == Sessions.maximumCount)
    }

    @Test mutating func `what was taken out makes room`() {
        for number in 0..<Sessions.maximumShare { _ = sessions.add(number, of: Self.share(2)) }
        sessions.remove(7)
        sessions.remove(7)
        #expect(sessions.add(500, of: Self.share(2)) == nil)
    }

    @Test(arguments: [
        ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false), ("2001:db8::1", "2001:db8:0:0:ffff::9", true),
        ("2001:db8::1", "2001:db8:0:1::1", false), ("fe80::1%2", "fe80::2%3", true), ("::1", "10.1.2.3", false),
    ])
    func `an IPv6 network is one client`(one: String, other: String, areAlike: Bool) {
        #expect((AddressShare(host: one) == AddressShare(host: other)) == areAlike)
    }
}
