import Testing

@testable import LWSSwift

@Suite struct RedirectTests {
    private func target(_ origin: String, _ location: String) throws -> ClientURL {
        try Redirect.target(from: ClientURL(origin), location: location)
    }

    @Test(arguments: [
        ("http://other/x?y", "ws://other/x?y"), ("https://other", "wss://other/"), ("ws://other:81/", "ws://other:81/"),
        ("WSS://other/", "wss://other/"), ("//other/x", "ws://other/x"), ("/x", "ws://host:8080/x"),
        ("x?z=1", "ws://host:8080/a/x?z=1"), ("../x", "ws://host:8080/x"), ("?z", "ws://host:8080/a/b?z"),
        ("/x#part", "ws://host:8080/x"), ("http://[::1]:8080/", "ws://[::1]:8080/"),
        ("/ü%20b", "ws://host:8080/%C3%BC%20b"), ("x y?z=é%2F", "ws://host:8080/a/x%20y?z=%C3%A9%2F"),
    ])
    func `a Location is read as seen from the URL that was asked`(location: String, expected: String) throws {
        #expect(try target("ws://host:8080/a/b?q", location) == ClientURL(expected))
    }

    @Test func `the scheme stays where the Location names none`() throws {
        #expect(try target("wss://host/a", "/x") == ClientURL("wss://host/x"))
        #expect(try target("wss://host/a", "//other/x") == ClientURL("wss://other/x"))
        #expect(try target("wss://host/a", "https://other/") == ClientURL("wss://other/"))
    }

    @Test(arguments: ["http://host/a", "ws://host/a", "http://other/"])
    func `no redirect leads from wss to ws`(location: String) {
        #expect { try target("wss://host/a", location) } throws: { "\($0)".contains("wss to ws") }
    }

    @Test(arguments: ["ftp://host/", "mailto:a@b", "http://", "http://user@host/", "http://a b/", "http://h:0/"])
    func `a Location that cannot be used is refused`(location: String) {
        #expect(throws: MalformedResponse.self) { try target("ws://host/", location) }
    }

    @Test(arguments: [("/x", "/x"), ("http://a/b?token=s3cret", "http://a/b?…"), ("?s3cret", "?…")])
    func `what may be secret in a Location is not quoted`(location: String, shown: String) {
        #expect(Redirect.shown(location) == shown)
    }

    @Test func `behind a Unix-domain socket only the request changes`() throws {
        let origin = "ws+unix:///run/a.sock:/x"
        #expect(try target(origin, "/y?z") == ClientURL("ws+unix:///run/a.sock:/y?z"))
        #expect(try target(origin, "http://localhost/y") == ClientURL("ws+unix:///run/a.sock:/y"))
        for location in ["http://other/", "https://localhost/y", "http://localhost:81/"] {
            #expect(throws: MalformedResponse.self) { try target(origin, location) }
        }
    }

    @Test func `an origin is scheme, host and port`() throws {
        func same(_ one: String, _ other: String) throws -> Bool {
            try ClientURL(one).hasSameOrigin(as: ClientURL(other))
        }
        #expect(try same("ws://h/a", "ws://H:80/b?c"))
        #expect(try !same("ws://h/", "wss://h/"))
        #expect(try !same("ws://h/", "wss://h:80/"))
        #expect(try !same("ws://h/", "ws://h:81/"))
        #expect(try !same("ws://h/", "ws://h.example/"))
        #expect(try same("ws+unix:///a", "ws+unix:///a:/x"))
        #expect(try !same("ws+unix:///a", "ws+unix:///b"))
        #expect(try !same("ws+unix:///a", "ws://localhost/"))
    }

    @Test func `an error quotes only the beginning of a Location`() {
        let location = "ftp://" + String(repeating: "é", count: 8_000)
        #expect {
            try target("ws://host/", location)
        } throws: {
            "\($0)".contains("ftp://é") && "\($0)".utf8.count < 400
        }
    }
}
