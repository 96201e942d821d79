import HTTPTypes
import Testing

@testable import LWSSwift

/// What is taken for the head of a request (RFC 9112), without any socket.
@Suite struct RequestParserTests {
    private static let limits = RequestParser.Limits(maximumBytes: 8_192, maximumFields: 64)

    /// The head in this text, which is fed in pieces of so many bytes, and what stands behind it.
    private func parse(
        _ text: String,
        pieces: Int = .max,
        limits: RequestParser.Limits = limits
    ) throws -> (head: RequestHead, rest: String)? {
        var parser = RequestParser(limits: limits)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = rest.prefix(pieces)
            if let (head, consumed) = unsafe try piece.withUnsafeBytes({ unsafe try parser.feed($0) }) {
                return (head, String(decoding: rest.dropFirst(consumed), as: UTF8.self))
            }
            rest = rest.dropFirst(piece.count)
        }
        return nil
    }

    private func head(_ text: String) throws -> RequestHead {
        try #require(try parse(text)).head
    }

    /// The status a head is answered with; 0 when it is taken, nil when more of it is awaited.
    private func status(_ text: String, limits: RequestParser.Limits = limits) -> Int? {
        do {
            return try parse(text, limits: limits) == nil ? nil : 0
        } catch {
            return (error as? HTTPRefusal)?.status.code
        }
    }

    private func request(_ line: String = "GET / HTTP/1.1", _ fields: String...) -> String {
        ([line, "Host: a"] + fields).map { $0 + "\r\n" }.joined() + "\r\n"
    }

    // MARK: What is taken

    @Test func `a head has its method, target and fields as they were sent`() throws {
        let text =
            "POST /a%2Fb%3F%00;x?q=1%2C+2;&%3f=? HTTP/1.1\r\nHost: example.org:80\r\nX-One:1\r\nx-two: \t two \t\r\n\r\n"
        let head = try head(text)
        #expect(head.method == .post)
        #expect(head.path == "/a%2Fb%3F%00;x")
        #expect(head.query == "q=1%2C+2;&%3f=?")
        #expect(head.pathAndQuery == "/a%2Fb%3F%00;x?q=1%2C+2;&%3f=?")
        #expect(head.authority == "example.org:80")
        #expect(head.fields.count == 3)
        #expect(head[HTTPField.Name("x-one")!] == "1")
        #expect(head[HTTPField.Name("X-TWO")!] == "two")
        #expect(head[HTTPField.Name("X-Three")!] == nil)
        let request = head.request(scheme: "http")
        #expect(request.path == head.pathAndQuery && request.method == .post && request.authority == "example.org:80")
        #expect(request.headerFields.map(\.name.rawName) == ["Host", "X-One", "x-two"])
    }

    @Test(arguments: [1, 2, 3, 7, 64])
    func `it is the same in pieces of any size, and what follows is left`(pieces: Int) throws {
        let text =
            "\r\nGET /?\(String(repeating: "x", count: 5_000)) HTTP/1.1\r\nHost: a\r\nCookie: b=c\r\nCookie: d=e\r\n\r\n"
        let (head, rest) = try #require(try parse(text + "GET /next", pieces: pieces))
        #expect(head.query.utf8.count == 5_000)
        #expect(head[.cookie] == "b=c; d=e")
        // In one piece, or else what the last piece has beyond the head.
        #expect("GET /next".hasPrefix(rest) || rest == "GET /next")
        #expect(try parse(String(text.dropLast()), pieces: pieces) == nil)
    }

    @Test func `a query may be as long as the head`() throws {
        let query = String(repeating: "q", count: 8_192 - "GET /? HTTP/1.1\r\nHost: a\r\n\r\n".utf8.count)
        #expect(try head(request("GET /?\(query) HTTP/1.1")).query == query)
        #expect(status(request("GET /?\(query)q HTTP/1.1")) == 431)
    }

    @Test(arguments: [
        ("http://example.org", "/", "", "example.org"), ("HTTP://example.org:8088/", "/", "", "example.org:8088"),
        ("ws://a.b/c?d", "/c", "d", "a.b"), ("https://[::1]:1/x/y?", "/x/y", "", "[::1]:1"),
        ("wss://a?b=/c", "/", "b=/c", "a"),
    ])
    func `a target may be a URL, whose host counts`(target: String, path: String, query: String, host: String) throws {
        let head = try head(request("GET \(target) HTTP/1.1", "Accept: x"))
        #expect(head.path == path && head.query == query && head.authority == host)
        #expect(head[HTTPField.Name("Host")!] == host)
        #expect(head.pathAndQuery == path + (target.contains("?") ? "?" + query : ""))
        #expect(head.request(scheme: "http").headerFields[HTTPField.Name("Host")!] == host)
    }

    @Test func `methods are tokens with a case`() throws {
        #expect(try head(request("get / HTTP/1.1")).method.rawValue == "get")
        #expect(try !head(request("get / HTTP/1.1")).isMethod("GET"))
        #expect(try head(request("M-SEARCH / HTTP/1.1")).method.rawValue == "M-SEARCH")
        #expect(try head(request("OPTIONS * HTTP/1.1")).path == "*")
    }

    @Test func `a connection is kept as the version and the field have it`() throws {
        #expect(try head(request()).keepsConnection)
        #expect(try head(request("GET / HTTP/1.2")).isHTTP11)
        #expect(try !head(request("GET / HTTP/1.1", "Connection: Close")).keepsConnection)
        #expect(try !head(request("GET / HTTP/1.1", "Connection: x, \tclose ,y")).keepsConnection)
        #expect(try !head(request("GET / HTTP/1.1", "Connection: x", "Connection: close")).keepsConnection)
        #expect(try head(request("GET / HTTP/1.1", "Connection: closed")).keepsConnection)
        #expect(try !head(request("GET / HTTP/1.0")).keepsConnection)
        #expect(try head(request("GET / HTTP/1.0", "Connection: Keep-Alive")).keepsConnection)
    }

    /// lws takes these for beginnings of names it knows, and the colon for a part of the name.
    @Test(arguments: ["Auth", "X-Auth", "User", "Content", "X-Forwarded", "Proxy-Auth", "X", "Hos", "Sec-WebSocket"])
    func `a name that another begins with is a name`(name: String) throws {
        let head = try head(request("GET / HTTP/1.1", "\(name): v", "Origin: http://evil.example"))
        #expect(head[HTTPField.Name(name)!] == "v")
        #expect(head[.origin] == "http://evil.example")
    }

    @Test func `repeated fields are joined, and counted as often as they came`() throws {
        let lines = (0..<63).map { "X: \($0)" }
        let text = "GET / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined()
        let head = try head(text + "\r\n")
        #expect(head.fields.count == 64)
        #expect(head[HTTPField.Name("X")!] == (0..<63).map(String.init).joined(separator: ", "))
        #expect(status(text + "X: 63\r\n\r\n") == 431)
    }

    @Test func `values may have bytes that are no UTF-8`() throws {
        var parser = RequestParser(limits: Self.limits)
        let bytes =
            Array("GET /".utf8) + [0xE9] + Array(" HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xFF] + Array("\r\n\r\n".utf8)
        let parsed = unsafe try bytes.withUnsafeBytes { unsafe try parser.feed($0) }
        let head = try #require(parsed?.head)
        #expect(head.path == "/\u{FFFD}" && head[HTTPField.Name("X")!] == "\u{FFFD}")
    }

    // MARK: What is refused

    @Test(arguments: [
        "", "/", "GET", "GET ", "GET /", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ", "GET /a b HTTP/1.1",
        " GET / HTTP/1.1", "GET\t/ HTTP/1.1", "G(T / HTTP/1.1", "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/1.10",
        "GET / HTTP/x.1", "GET /#x HTTP/1.1", "GET /\u{1} HTTP/1.1", "GET /\0 HTTP/1.1", "GET /\u{7F} HTTP/1.1",
        "GET a HTTP/1.1", "GET a:80 HTTP/1.1", "GET * HTTP/1.1", "GET ftp://a/ HTTP/1.1", "GET http:// HTTP/1.1",
        "GET http:///x HTTP/1.1", "GET http://u@a/ HTTP/1.1", "GET http://a:x/ HTTP/1.1", "GET http://[::1/ HTTP/1.1",
        "GET /\r HTTP/1.1",
    ])
    func `a malformed request line is answered with 400`(line: String) {
        // An empty line is passed over; what follows it is then no request line.
        #expect(status(request(line)) == 400)
    }

    @Test(arguments: [
        "X : 1", " X: 1", "\tX: 1", "X", ":", ": 1", "X(: 1", "X\u{E9}: 1", "X: \0", "X: a\u{1}b", "X: a\rb",
        "X: \u{7F}",
        "Transfer-Encoding : chunked",
    ])
    func `a malformed field is answered with 400, without waiting for the rest`(field: String) {
        #expect(status("GET / HTTP/1.1\r\nHost: a\r\n\(field)\r\n") == 400)
    }

    @Test func `a line that ends with a bare LF is answered with 400`() {
        #expect(status("GET / HTTP/1.1\nHost: a\r\n\r\n") == 400)
        #expect(status("GET / HTTP/1.1\r\nHost: a\n\r\n") == 400)
        #expect(status("GET / HTTP/1.1\r\nHost: a\r\n\n") == 400)
        #expect(status("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") == 400)
    }

    @Test func `a host is named once`() {
        #expect(status("GET / HTTP/1.1\r\n\r\n") == 400)
        #expect(status("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n") == 400)
        #expect(status("GET / HTTP/1.0\r\n\r\n") == 0)
        #expect(status("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n") == 400)
        #expect(status("GET http://a/ HTTP/1.1\r\n\r\n") == 400)
        for host in ["", "a", "a.b-c_d:80", "a:", "[::1]", "[::1]:80", "a%20"] {
            #expect(status("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == 0, "\(host)")
        }
        for host in ["a b", "a/b", "a@b", "a:b", "a:1:2", "::1", "[::1", "[::1]a", "a?", "\u{E9}", "a\"", "a, b"] {
            #expect(status("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == 400, "\(host)")
        }
    }

    @Test func `other versions are answered with 505, and CONNECT with 405`() {
        #expect(status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505)
        #expect(status(request("GET / HTTP/0.9")) == 505)
        #expect(status(request("GET / HTTP/3.0")) == 505)
        #expect(status(request("CONNECT example.org:443 HTTP/1.1")) == 405)
        #expect(status(request("CONNECT / HTTP/1.1")) == 405)
    }

    @Test func `what is no HTTP at all is answered without waiting for a line of it`() {
        #expect(status("\u{16}\u{3}\u{1}") == 400)
        #expect(status("(") == 400)
        #expect(status("\r") == nil)
        #expect(status("G") == nil)
    }

    @Test func `what is too large is told apart, and never waited for`() {
        let limits = RequestParser.Limits(maximumBytes: 100, maximumFields: 2)
        func status(_ text: String) -> Int? { self.status(text, limits: limits) }
        #expect(status("GET /" + String(repeating: "x", count: 200)) == 414)
        #expect(status("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 200)) == 431)
        #expect(status("GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 3)) == 431)
        #expect(status(String(repeating: "\r\n", count: 50)) == nil)
        #expect(status(String(repeating: "\r\n", count: 51)) == 414)
        let text = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        let fill = String(repeating: "x", count: 100 - text.utf8.count - 4)
        #expect(status(text + fill + "\r\n\r\n") == 0)
        #expect(status(text + fill + "x\r\n\r\n") == 431)
    }

    @Test func `a fault is the same in pieces of any size`() {
        for text in [
            "GET / HTTP/1.1\r\nX\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
            "GET /\(String(repeating: "x", count: 9_000)) HTTP/1.1\r\nHost: a\r\n\r\n",
        ] {
            for pieces in [1, 2, 5, 100, .max] {
                #expect {
                    try parse(text, pieces: pieces)
                } throws: {
                    ($0 as? HTTPRefusal)?.status.code == status(text)
                }
            }
        }
    }
}
