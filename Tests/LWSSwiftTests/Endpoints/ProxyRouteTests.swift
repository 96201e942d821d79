import Testing

@testable import LWSSwift

@Suite struct ProxyRouteTests {
    private func route(
        to url: String,
        _ proxy: WebSocketClient.Proxy = .environment,
        _ environment: [String: String] = [:]
    ) throws -> ProxyRoute? {
        try ProxyRoute.find(for: ClientURL(url), proxy) { environment[$0] }
    }

    private func proxy(_ url: String, _ environment: [String: String]) throws -> String? {
        try route(to: url, .environment, environment)?.host
    }

    @Test func `each scheme has its variables, and all_proxy is for both`() throws {
        #expect(try proxy("ws://h/", [:]) == nil)
        #expect(try proxy("wss://h/", ["https_proxy": "http://a:1", "HTTPS_PROXY": "b:1", "all_proxy": "c:1"]) == "a")
        #expect(try proxy("wss://h/", ["HTTPS_PROXY": "b:1", "all_proxy": "c:1", "http_proxy": "d:1"]) == "b")
        #expect(try proxy("wss://h/", ["all_proxy": "c:1", "ALL_PROXY": "e:1", "http_proxy": "d:1"]) == "c")
        #expect(try proxy("wss://h/", ["ALL_PROXY": "e:1"]) == "e")
        #expect(try proxy("ws://h/", ["http_proxy": "d:1", "https_proxy": "a:1", "all_proxy": "c:1"]) == "d")
        #expect(try proxy("ws://h/", ["ALL_PROXY": "e:1"]) == "e")
        // A request's "Proxy" field becomes this variable in a CGI program.
        #expect(try proxy("ws://h/", ["HTTP_PROXY": "d:1", "https_proxy": "a:1"]) == nil)
    }

    @Test func `what is on this machine is reached directly, unless a proxy is given for it`() throws {
        let environment = ["http_proxy": "p:1", "all_proxy": "p:1"]
        for host in ["localhost", "LocalHost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"] {
            #expect(try proxy("ws://\(host):8080/", environment) == nil, "\(host)")
        }
        #expect(try proxy("ws+unix:///a", environment) == nil)
        #expect(try proxy("ws://localhost.example/", environment) == "p")
        #expect(try route(to: "ws://localhost/", .url("p:1"))?.host == "p")
        #expect(try route(to: "ws://h/", .none, environment) == nil)
    }

    static let exceptions: [(list: String, url: String, isDirect: Bool)] = [
        ("example.com", "ws://example.com/", true), ("example.com", "ws://a.b.example.com/", true),
        ("example.com", "ws://badexample.com/", false), (".example.com", "ws://example.com/", true),
        (".example.com", "ws://a.example.com/", true), ("EXAMPLE.com", "ws://Example.COM/", true),
        ("example.com.", "ws://example.com/", true), ("example.com", "ws://example.com./", true),
        ("a, example.com ,b", "ws://example.com/", true), ("a b", "ws://b/", true), ("*", "ws://anything/", true),
        ("", "ws://h/", false), (",,", "ws://h/", false), (".", "ws://h/", false),
        ("example.com:81", "ws://example.com/", false),
        ("example.com:80", "ws://example.com/", true), ("example.com:x", "ws://example.com/", false),
        ("10.0.0.1", "ws://10.0.0.1/", true), ("10.0.0.1", "ws://10.0.0.11/", false),
        ("0.0.1", "ws://10.0.0.1/", false),
        ("10.0.0.0/8", "ws://10.200.1.1/", true), ("10.0.0.0/9", "ws://10.200.1.1/", false),
        ("10.0.0.0/33", "ws://10.0.0.0/", false), ("0.0.0.0/0", "ws://9.9.9.9/", true),
        ("10.0.0.1:81", "ws://10.0.0.1:81/", true), ("10.0.0.1:81", "ws://10.0.0.1/", false),
        ("2001:db8::1", "ws://[2001:DB8:0::1]/", true), ("[2001:db8::1]", "ws://[2001:db8::1]/", true),
        ("[2001:db8::1]:81", "ws://[2001:db8::1]:81/", true), ("[2001:db8::1]:81", "ws://[2001:db8::1]/", false),
        ("2001:db8::/32", "ws://[2001:db8:1::1]/", true), ("2001:db8::/32", "ws://10.0.0.1/", false),
    ]

    @Test(arguments: exceptions.indices)
    func `no_proxy lists what is reached directly`(index: Int) throws {
        let row = Self.exceptions[index]
        for name in ["no_proxy", "NO_PROXY"] {
            let host = try proxy(row.url, ["http_proxy": "p:1", name: row.list])
            #expect((host == nil) == row.isDirect, "\(row.list) and \(row.url)")
        }
    }

    @Test func `a proxy has host, port and perhaps credentials`() throws {
        #expect(try ProxyRoute("http://proxy.example:3128/") == .init(host: "proxy.example", port: 3_128))
        #expect(try ProxyRoute("proxy.example") == .init(host: "proxy.example", port: 80))
        #expect(try ProxyRoute("[::1]:3128") == .init(host: "::1", port: 3_128))
        #expect(try ProxyRoute("http://[::1]:3128").authority == "[::1]:3128")
        #expect(
            try ProxyRoute("http://Aladdin:open%20sesame@p:1").authorization == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        )
        #expect(try ProxyRoute("http://ü:p%40s@p:1").authorization == "Basic w7w6cEBz")
        #expect(try ProxyRoute("http://me@p:1").authorization == "Basic bWU6")
    }

    @Test(arguments: [
        "socks5://p:1080", "https://p:443", "http://", "http://u:secret@:1", "http://u:secret@p:0", "http://a b:1",
        "http://[", "http://[ab", "http://[]:1",
    ])
    func `a proxy that cannot be used is refused, without its password`(url: String) {
        #expect { try ProxyRoute(url) } throws: { error in
            (error as? WebSocketError)?.code == .invalidConfiguration && !"\(error)".contains("secret")
        }
    }

    @Test func `a variable that names no proxy is told by its name`() {
        #expect { try proxy("wss://h/", ["ALL_PROXY": "socks5://p:1080"]) } throws: { "\($0)".contains("ALL_PROXY") }
    }

    @Test func `the proxy is asked for a way to host and port`() throws {
        let plain = ProxyTunnel(try ProxyRoute("p:3128"), host: "example.com", port: 443)
        #expect(
            String(decoding: plain.request, as: UTF8.self)
                == "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"
        )
        let known = ProxyTunnel(try ProxyRoute("http://u:p@p:3128"), host: "::1", port: 80)
        #expect(
            String(decoding: known.request, as: UTF8.self)
                == "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\nProxy-Authorization: Basic dTpw\r\n\r\n"
        )
    }

    @Test func `an answer of a proxy opens the way, or says why not`() throws {
        let plain = ProxyTunnel(try ProxyRoute("p:3128"), host: "h", port: 443)
        let known = ProxyTunnel(try ProxyRoute("u:p@p:3128"), host: "h", port: 443)
        func refusal(_ status: Int, _ tunnel: ProxyTunnel) -> WebSocketError? {
            tunnel.refusal(ResponseHead(minorVersion: 1, status: status))
        }
        #expect(refusal(200, plain) == nil && refusal(204, plain) == nil)
        #expect(refusal(407, plain)?.message.contains("give the proxy's URL") == true)
        #expect(refusal(407, known)?.message.contains("check the user name") == true)
        #expect(refusal(503, plain)?.message.contains("503") == true)
        #expect([101, 302, 407, 503].allSatisfy { refusal($0, plain)?.code == .proxy })
    }
}
