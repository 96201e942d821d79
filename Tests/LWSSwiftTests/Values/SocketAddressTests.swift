import Testing

@testable import LWSSwift

@Suite struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1:8088"), ("::1", "::1", "[::1]:8088"),
        ("2001:db8::1", "2001:db8::1", "[2001:db8::1]:8088"),
        // An IPv4 peer of a socket for both families.
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7:8088"),
    ])
    func `an address is shown as people write it`(text: String, host: String, description: String) throws {
        let resolved = try NameResolution.resolve(host: text, port: 8_088, isPassive: false)
        let address = try #require(resolved.first?.socketAddress)
        #expect(address.host == host)
        #expect(address.port == 8_088)
        #expect(address.description == description)
        #expect(address.isIPv6 == host.contains(":"))
    }

    @Test func `a Unix-domain socket has a path and no port`() {
        let address = SocketAddress(unixPath: "/run/chat.sock")
        #expect(address.host == "/run/chat.sock" && address.port == nil && !address.isIPv6)
        #expect(address.description == "unix:/run/chat.sock")
        // A client's end has no name.
        #expect(SocketAddress(unixPath: "").description == "unix")
    }

    @Test func `the families of a name take turns, beginning with the first`() throws {
        func resolve(_ hosts: [String]) throws -> [ResolvedAddress] {
            try hosts.flatMap { try NameResolution.resolve(host: $0, port: 1, isPassive: false) }
        }
        let mixed = try resolve(["::1", "::2", "::3", "127.0.0.1", "127.0.0.2"])
        #expect(
            NameResolution.interleaved(mixed).map(\.host) == ["::1", "127.0.0.1", "::2", "127.0.0.2", "::3"]
        )
        #expect(NameResolution.interleaved(try resolve(["127.0.0.1"])).map(\.host) == ["127.0.0.1"])
        #expect(NameResolution.interleaved([]).isEmpty)
    }

    @Test func `another port changes nothing but the port`() throws {
        for host in ["127.0.0.1", "::1"] {
            let address = try #require(try NameResolution.resolve(host: host, port: 1, isPassive: false).first)
            #expect(address.with(port: 65_535).host == host)
            #expect(address.with(port: 65_535).port == 65_535)
        }
    }

    @Test func `a name that cannot exist is not found, and says so`() {
        #expect {
            try NameResolution.resolve(host: "no-such-host.invalid", port: 1, isPassive: false)
        } throws: {
            ($0 as? WebSocketError)?.code == .nameNotFound && "\($0)".contains("no-such-host.invalid")
        }
    }
}
