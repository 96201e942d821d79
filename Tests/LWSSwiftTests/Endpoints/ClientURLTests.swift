import Testing

@testable import LWSSwift

@Suite struct ClientURLTests {
    /// A URL and what is made of it.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let destination: ClientURL.Destination
        let isSecure: Bool
        let resource: String
        let authority: String

        init(
            _ url: String,
            _ destination: ClientURL.Destination,
            secure: Bool = false,
            _ resource: String,
            _ authority: String
        ) {
            testDescription = url
            self.destination = destination
            isSecure = secure
            self.resource = resource
            self.authority = authority
        }
    }

    static let rows: [Row] = [
        Row("ws://localhost:8088", .tcp(host: "localhost", port: 8_088), "/", "localhost:8088"),
        Row("ws://example.com", .tcp(host: "example.com", port: 80), "/", "example.com"),
        Row("ws://example.com:80/", .tcp(host: "example.com", port: 80), "/", "example.com"),
        Row("wss://example.com/a/b", .tcp(host: "example.com", port: 443), secure: true, "/a/b", "example.com"),
        Row("wss://example.com:8443", .tcp(host: "example.com", port: 8_443), secure: true, "/", "example.com:8443"),
        Row("WS://Example.com/X", .tcp(host: "Example.com", port: 80), "/X", "Example.com"),
        Row("ws://[::1]:8088/", .tcp(host: "::1", port: 8_088), "/", "[::1]:8088"),
        Row("ws://h/a%20b?q=%26&x=1", .tcp(host: "h", port: 80), "/a%20b?q=%26&x=1", "h"),
        Row("ws://h?q=1", .tcp(host: "h", port: 80), "/?q=1", "h"),
        Row("http://h:81/x", .tcp(host: "h", port: 81), "/x", "h:81"),
        Row("HTTPS://h/", .tcp(host: "h", port: 443), secure: true, "/", "h"),
        Row("ws://h/ü%20b", .tcp(host: "h", port: 80), "/%C3%BC%20b", "h"),
        Row("ws://h/a b?c d", .tcp(host: "h", port: 80), "/a%20b?c%20d", "h"),
        Row("ws://h/%C3%bc?q=ü&x[]=\"|\"", .tcp(host: "h", port: 80), "/%C3%bc?q=%C3%BC&x%5B%5D=%22%7C%22", "h"),
        Row("ws://h/%ff", .tcp(host: "h", port: 80), "/%ff", "h"),
        Row("ws://[::1]/a[b]", .tcp(host: "::1", port: 80), "/a%5Bb%5D", "[::1]"),
        Row("http+unix:///run/chat.sock:/a", .unix(path: "/run/chat.sock"), "/a", "localhost"),
        Row("ws+unix:///run/ü%20b.sock", .unix(path: "/run/ü b.sock"), "/", "localhost"),
        Row("ws+unix:///run/chat.sock", .unix(path: "/run/chat.sock"), "/", "localhost"),
        Row("ws+unix:///run/chat.sock:/room?x=1", .unix(path: "/run/chat.sock"), "/room?x=1", "localhost"),
        Row("ws+unix:/run/my%20chat.sock", .unix(path: "/run/my chat.sock"), "/", "localhost"),
    ]

    @Test(arguments: rows)
    func `a URL names the host, the port, the path and the Host field`(row: Row) throws {
        let url = try ClientURL(row.testDescription)
        #expect(url.destination == row.destination)
        #expect(url.isSecure == row.isSecure)
        #expect(url.resource == row.resource)
        #expect(url.authority == row.authority)
        #expect(url.path + (url.query.isEmpty ? "" : "?\(url.query)") == row.resource)
        #expect(try ClientURL(url.description) == url)
    }

    @Test(arguments: [
        ("", "cannot be read"), ("localhost:8088", "scheme"), ("ftp://h/", "scheme"), ("ws://h/100%", "%25"),
        ("ws://h/%zz", "%25"), ("ws://h/%4", "%25"), ("ws://h/a\nb", "control"),
        ("ws://h:99999999999999999999/", "read"), ("ws://", "no host"),
        ("ws://h:0/", "port"), ("ws://h:70000/", ""), ("ws://h/#part", "fragment"), ("ws://me@h/", "user name"),
        ("ws+unix://", "path of a socket"), ("ws://a b/", ""),
        ("ws://h/" + String(repeating: "x", count: 8_000), "longer than 8000"),
        ("ws://" + String(repeating: "h", count: 262) + "/", "longer than 261"),
        ("ws://h%0D%0AX-Forged:%201/", ""), ("ws://h%00/", "host"), ("ws://a%20b/", "host"), ("ws://a%2Fb/", "host"),
        ("ws://[ab/", "host"), ("ws://[[s://[", "host"), ("ws://[]/", "host"),
        ("ws+unix:/run/chat%00.sock", "path of a socket"),
        ("ws+unix:/run/chat.sock:room", "slash"),
    ])
    func `a URL that cannot be used is refused with the reason and an example`(url: String, reason: String) {
        #expect { try ClientURL(url) } throws: { error in
            (error as? WebSocketError)?.code == .invalidURL && "\(error)".contains(reason.isEmpty ? "URL" : reason)
                && "\(error)".contains("ws://localhost:8088/")
        }
    }
}
