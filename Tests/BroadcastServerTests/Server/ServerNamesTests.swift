import Testing

@testable import broadcast_server

@Suite struct ServerNamesTests {
    @Test(arguments: ["localhost", "127.0.0.1", "::1", "[::1]", "127.9.9.9", "LocalHost"])
    func `a server on this machine answers to what that is called`(host: String) {
        let names = ServerNames([], listeningAt: host)
        for field in ["localhost", "localhost:8088", "LOCALHOST", "127.0.0.1:1", "[::1]", "[::1]:8088", nil] {
            #expect(names.allow(field), "\(field ?? "none")")
        }
        for field in ["evil.example", "localhost.evil.example", "xlocalhost", "", "127.0.0.1.evil.example", "[::2]"] {
            #expect(!names.allow(field), "\(field)")
        }
    }

    @Test func `it answers to the address that it listens at`() {
        #expect(ServerNames([], listeningAt: "127.0.0.5").allow("127.0.0.5:80"))
        #expect(!ServerNames([], listeningAt: "127.0.0.5").allow("127.0.0.6"))
    }

    @Test(arguments: ["0.0.0.0", "::", "chat.example", "192.0.2.1"])
    func `a server that others reach answers to any name`(host: String) {
        #expect(ServerNames([], listeningAt: host).allow("whatever.example"))
    }

    @Test func `names that are given are the only ones`() throws {
        let given = try ["chat.example", "*.chat.example", "[2001:db8::1]"].map {
            try #require(ServerName(argument: $0))
        }
        let names = ServerNames(given, listeningAt: "localhost")
        for field in ["chat.example:8080", "A.chat.example", "x.y.chat.example", "[2001:DB8::1]:1"] {
            #expect(names.allow(field), "\(field)")
        }
        for field in ["localhost", "example", ".chat.example", "xchat.example"] {
            #expect(!names.allow(field), "\(field)")
        }
        #expect(ServerNames([.any], listeningAt: "localhost").allow("whatever"))
    }

    @Test(arguments: ["", "a b", "chat.example:80", "chat.example/x", "http://a", "*.", "**", "a@b"])
    func `what is no name is refused`(text: String) {
        #expect(ServerName(argument: text) == nil)
    }
}
