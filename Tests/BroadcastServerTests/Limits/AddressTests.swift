import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct AddressTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3/8", "10.9.9.9", true),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "2001:db8::1", true), ("::/0", "203.0.113.9", true),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
        ("fd00::/8", "fdff::1", true), ("::1", "::1", true), ("::1", "127.0.0.1", false),
        ("2001:db8::/64", "2001:db8::ffff:1", true), ("2001:db8::/65", "2001:db8::8000:0:0:0", false),
        ("2001:db8::8000:0:0:0/65", "2001:db8::ffff:0:0:1", true), ("::ffff:192.0.2.0/120", "192.0.2.77", true),
        ("192.0.2.0/24", "::ffff:192.0.2.77", true), ("192.0.2.0/31", "192.0.2.1", true),
        ("192.0.2.0/32", "192.0.2.1", false),
    ])
    func `a network has the addresses that begin like it`(network: String, address: String, isIn: Bool) throws {
        let network = try #require(AddressNetwork(network))
        #expect(network.contains(try #require(NumericAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0.0/8", "10.0.0.256",
        "::/129",
        "localhost", "10.0.0.0/8/8", "1.2.3.4:80", "[::1]", "::1%lo", "10.0.0.0/008000", "fe80::/x", "unix",
        " 10.0.0.1",
    ])
    func `a network is nothing else`(text: String) {
        #expect(AddressNetwork(text) == nil)
    }

    @Test(arguments: ["0.0.0.0", "203.0.113.9", "::", "::1", "2001:db8::1", "fe80::1:2:3:4"])
    func `an address is written as it was read`(text: String) {
        #expect(NumericAddress(text)?.text == text)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", 0), ("192.0.2.1:4711", "192.0.2.1", 4_711), ("2001:db8::1", "2001:db8::1", 0),
        ("[2001:db8::1]", "2001:db8::1", 0), ("[2001:db8::1]:4711", "2001:db8::1", 4_711),
        (" 192.0.2.1\t", "192.0.2.1", 0),
        ("\"192.0.2.1\"", "192.0.2.1", 0), ("\"[2001:db8::1]:1\"", "2001:db8::1", 1), ("192.0.2.1:_x", "192.0.2.1", 0),
        ("::ffff:192.0.2.1", "192.0.2.1", 0), ("192.0.2.1:65535", "192.0.2.1", 65_535), ("192.0.2.1:0", "192.0.2.1", 0),
    ])
    func `a node is an address, and perhaps a port`(text: String, address: String, port: Int) throws {
        let node = try #require(ForwardedNode(Substring(text)))
        #expect(node.address.text == address)
        #expect(node.port == port)
    }

    @Test(arguments: [
        "", "unknown", "_hidden", "_", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:1:2", "[192.0.2.1]",
        "[::1", "::1]", "[::1]x", "[::1]:", "[::1]:99999", "\"192.0.2.1", "\"", "192.0.2", "192.0.2.1.5", "example.com",
        "1.2.3.4 5.6.7.8", "fe80::1%eth0", "[fe80::1%25eth0]", "[]", "[]:1", ":80", "0x7f000001", "2130706433",
        "192.0.2.1:80a", "192.0.2.1:+1", "2001:db8::1::2", "\"\"", "'192.0.2.1'", "192.0.2.1;", "unix:/tmp/x",
    ])
    func `what hides, or is no address, is no node`(text: String) {
        #expect(ForwardedNode(Substring(text)) == nil)
    }

    private static let peer = SocketAddress(host: "10.0.0.1", port: 99)
    private static let trusted = AddressNetworks([AddressNetwork("10.0.0.0/8")!, AddressNetwork("fd00::/8")!])

    @Test(arguments: [
        (nil, "10.0.0.1"), ("", "10.0.0.1"), ("192.0.2.1", "192.0.2.1"), ("192.0.2.1, 10.0.0.2", "192.0.2.1"),
        // Only the last that nobody is trusted to stand for: what is before it, it has said itself.
        ("203.0.113.1, 192.0.2.1, 10.0.0.2", "192.0.2.1"), ("10.9.9.9, 192.0.2.1", "192.0.2.1"),
        ("unknown, 192.0.2.1", "192.0.2.1"), ("\"x, 192.0.2.1", "192.0.2.1"), (",,,192.0.2.1", "192.0.2.1"),
        // From where nobody knows, the last that is known.
        ("192.0.2.1, unknown", "10.0.0.1"), ("192.0.2.1, unknown, 10.0.0.2", "10.0.0.2"), ("192.0.2.1,", "10.0.0.1"),
        ("_a, fd00::5", "fd00::5"), ("192.0.2.1 10.0.0.2", "10.0.0.1"),
        // All are trusted: it is from within.
        ("10.0.0.7, 10.0.0.2", "10.0.0.7"), ("[2001:db8::1]:4711, fd00::1", "2001:db8::1"),
    ])
    func `of X-Forwarded-For the last counts that is no proxy`(value: String?, client: String) {
        #expect(ForwardedField.xForwardedFor.client(of: Self.peer, Self.trusted, value)?.host == client)
    }

    @Test(arguments: [
        ("for=192.0.2.1", "192.0.2.1"), ("For=\"[2001:db8::1]:4711\"", "2001:db8::1"),
        ("for=192.0.2.1;proto=https;by=10.0.0.1", "192.0.2.1"), ("proto=https; for=192.0.2.1", "192.0.2.1"),
        ("for=203.0.113.1, for=192.0.2.1, for=10.0.0.2", "192.0.2.1"), ("for=\"_a,b\", for=192.0.2.1", "192.0.2.1"),
        ("for=\"unterminated, for=192.0.2.1", "192.0.2.1"), ("for=\"a\\\", for=192.0.2.1", "192.0.2.1"),
        ("for=unknown", "10.0.0.1"), ("proto=https", "10.0.0.1"), ("192.0.2.1", "10.0.0.1"), ("for=", "10.0.0.1"),
        ("for", "10.0.0.1"), ("for=192.0.2.1, by=10.0.0.2", "10.0.0.1"), ("host=\"a, for=192.0.2.9\"", "10.0.0.1"),
    ])
    func `of Forwarded the last counts that is no proxy`(value: String, client: String) {
        #expect(ForwardedField.forwarded.client(of: Self.peer, Self.trusted, value)?.host == client)
    }

    @Test func `nobody is believed who is not trusted`() {
        let stranger = SocketAddress(host: "192.0.2.66", port: 1)
        for field in ForwardedField.allCases {
            #expect(field.client(of: stranger, Self.trusted, "for=203.0.113.1") == stranger)
            #expect(field.client(of: stranger, AddressNetworks(), "203.0.113.1") == stranger)
            #expect(field.client(of: nil, Self.trusted, "203.0.113.1") == nil)
        }
    }

    @Test func `a chain is followed only so far`() {
        let chain = (["192.0.2.1"] + Array(repeating: "10.0.0.2", count: 40)).joined(separator: ",")
        #expect(ForwardedField.xForwardedFor.client(of: Self.peer, Self.trusted, chain)?.host == "10.0.0.2")
    }

    @Test func `addresses are counted, and forgotten`() {
        var counts = AddressCounts()
        let shares = (0..<4).map { AddressShare(host: "192.0.2.\($0)") }
        for round in 1...3 {
            for share in shares {
                counts.add(share)
                #expect(counts[share] == round)
            }
        }
        #expect(counts.total == 12)
        for share in shares { for _ in 0..<5 { counts.remove(share) } }
        #expect(counts.total == 0)
        #expect(shares.allSatisfy { counts[$0] == 0 })
    }

    @Test func `what is on this machine is known by its address`() {
        for host in ["127.0.0.1", "127.8.8.8", "::1"] { #expect(AddressShare(host: host).isLocal, "\(host)") }
        for host in ["128.0.0.1", "10.0.0.1", "2001:db8::1", "7f00::1"] { #expect(!AddressShare(host: host).isLocal) }
        #expect(AddressShare(host: nil).isLocal)
    }

    private func name(_ number: Int) throws -> ChannelName { try #require(ChannelName(path: "/\(number)")) }

    @Test func `one who has made many channels makes room from its own, and is refused when all are in use`() throws {
        final class Room: Sendable {}
        var table = ChannelTable<Room>()
        let (one, other) = (AddressShare(host: "192.0.2.1"), AddressShare(host: "192.0.2.2"))
        func bounds(_ share: AddressShare) -> ChannelTable<Room>.Bounds { .init(all: 10, maker: share, ofMaker: 5) }
        for number in 0..<5 { _ = try table.enter(name(number), within: bounds(one)) { Room() } }
        #expect(table.refusal(of: try name(99), within: bounds(one)) == .init(isOfAddress: true))
        #expect(throws: ChannelTable<Room>.TooManyChannels(isOfAddress: true)) {
            try table.enter(name(99), within: bounds(one)) { Room() }
        }
        // What is there may be used by anybody, and others make their own.
        _ = try table.enter(name(3), within: bounds(one)) { Room() }
        for number in 10..<15 { _ = try table.enter(name(number), within: bounds(other)) { Room() } }
        // The one without a name is on top of all.
        _ = try table.enter(.default, within: bounds(one)) { Room() }
        #expect(table.count == 11)
        let unused = try #require(table[name(2)])
        table.leave(unused, try name(2), isEmpty: false)
        #expect(try table.enter(name(99), within: bounds(one)) { Room() }.evicted === unused)
        #expect(table.refusal(of: try name(100), within: .init(all: 10)) == .init())
    }
}
