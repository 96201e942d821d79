import Testing

@testable import broadcast_server

@Suite struct OriginPolicyTests {
    private func policy(_ exceptions: String...) -> OriginPolicy {
        OriginPolicy(exceptions: Set(exceptions.compactMap { OriginPolicy.Exception(argument: $0) }))
    }

    @Test func `clients that name no origin may connect`() {
        #expect(policy().allows(origin: nil, host: "localhost:8088"))
        #expect(policy().allows(origin: nil, host: nil))
    }

    @Test(arguments: [
        ("http://localhost:8088", "localhost:8088"), ("https://chat.example", "chat.example"),
        ("http://chat.example", "chat.example"), ("http://chat.example", "chat.example:80"),
        ("https://chat.example", "chat.example:443"), ("http://[::1]:8088", "[::1]:8088"), ("http://[::1]", "[::1]"),
        ("HTTP://LocalHost:8088", "localhost:8088"),
    ])
    func `the server's own page may connect`(origin: String, host: String) {
        #expect(policy().allows(origin: origin, host: host))
    }

    @Test(arguments: [
        ("http://localhost:3000", "localhost:8088"), ("http://localhost", "localhost:8088"),
        ("http://127.0.0.1:8088", "localhost:8088"), ("http://evil.example", "chat.example"),
        ("https://chat.example.evil.example", "chat.example"), ("http://chat.example@evil.example", "chat.example"),
        ("https://chat.example", "chat.example:80"), ("http://chat.example/", "chat.example"), ("null", "null"),
        ("", ""), ("http://", ""), ("http://:8088", ":8088"), ("http://localhost:8088x", "localhost:8088x"),
    ])
    func `pages of another origin, and what is none, may not`(origin: String, host: String) {
        #expect(!policy().allows(origin: origin, host: host))
    }

    @Test func `without a Host field no origin is the server's own`() {
        #expect(!policy().allows(origin: "http://localhost:8088", host: nil))
    }

    @Test func `an origin that is listed may connect, and no other`() {
        let policy = policy("https://a.example", "http://localhost:3000")
        #expect(policy.allows(origin: "https://a.example", host: "chat.example"))
        #expect(policy.allows(origin: "https://A.example:443", host: "chat.example"))
        #expect(policy.allows(origin: "http://localhost:3000", host: "chat.example"))
        #expect(policy.allows(origin: "https://chat.example", host: "chat.example"))
        #expect(!policy.allows(origin: "http://a.example", host: "chat.example"))
        #expect(!policy.allows(origin: "http://localhost:3001", host: "chat.example"))
    }

    @Test(arguments: ["http://evil.example", "null", "nonsense"])
    func `the star lets every page connect`(origin: String) {
        #expect(policy("*").allows(origin: origin, host: "chat.example"))
    }

    @Test(arguments: ["", "a.example", "https://", "https://a.example/", "https://a.example:0x1", "https://a b", "**"])
    func `what is no origin is not taken for one`(text: String) {
        #expect(OriginPolicy.Exception(argument: text) == nil)
    }
}
