import HTTPTypes
import Testing

@testable import LWSSwift

/// How the end of an answer is made known (RFC 9112 section 6.3), without any socket.
@Suite struct ResponseFramingTests {
    private func framing(
        _ status: HTTPResponse.Status = .ok,
        count: Int? = 5,
        isHead: Bool = false,
        isHTTP11: Bool = true,
        keepsConnection: Bool = true
    ) -> ResponseFraming {
        ResponseFraming(
            status: status,
            count: count,
            isHead: isHead,
            isHTTP11: isHTTP11,
            keepsConnection: keepsConnection
        )
    }

    @Test func `a body has a length, chunks, or the connection's end`() {
        #expect(framing().announced == .length(5))
        #expect(framing(count: nil).announced == .chunked)
        #expect(framing(count: nil, isHTTP11: false).announced == .untilClose)
        #expect(!framing(count: nil, isHTTP11: false).keepsConnection)
        #expect(framing(count: nil, isHead: true, isHTTP11: false).keepsConnection)
        #expect(framing(isHead: true).announced == .length(5))
        #expect(!framing(isHead: true).hasContent)
    }

    @Test(arguments: [HTTPResponse.Status.noContent, .notModified, .continue, .switchingProtocols, .resetContent])
    func `answers without a body have none, whatever is given for one`(status: HTTPResponse.Status) {
        for count in [5, 0, nil] {
            let framing = framing(status, count: count)
            #expect(framing.announced == (status == .resetContent ? .length(0) : .none))
            #expect(framing.framed([1, 2, 3]) == [] && framing.end == [])
        }
    }

    @Test func `the head says it once, whatever the fields say`() {
        let fields: HTTPFields = [
            .contentLength: "7", .transferEncoding: "gzip, chunked", .connection: "x", .server: "test",
        ]
        for (framing, text) in [
            (framing(), "HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: 5\r\n\r\n"),
            (framing(count: nil), "HTTP/1.1 200 OK\r\nServer: test\r\nTransfer-Encoding: chunked\r\n\r\n"),
            (
                framing(count: nil, isHTTP11: false),
                "HTTP/1.1 200 OK\r\nServer: test\r\nConnection: close\r\n\r\n"
            ),
            (
                framing(isHTTP11: false),
                "HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n"
            ),
            (
                framing(keepsConnection: false),
                "HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
            ),
        ] {
            #expect(String(decoding: framing.head(.ok, fields), as: UTF8.self) == text)
        }
        let noContent = framing(.noContent).head(.noContent, fields)
        #expect(String(decoding: noContent, as: UTF8.self) == "HTTP/1.1 204 No Content\r\nServer: test\r\n\r\n")
    }

    @Test func `who names a protocol to upgrade to says so as the rule is`() {
        let head = framing(.upgradeRequired).head(.upgradeRequired, [.upgrade: "websocket"])
        #expect(String(decoding: head, as: UTF8.self).contains("\r\nConnection: Upgrade\r\n"))
        let last = framing(.upgradeRequired, keepsConnection: false).head(.upgradeRequired, [.upgrade: "websocket"])
        #expect(String(decoding: last, as: UTF8.self).contains("\r\nConnection: close, Upgrade\r\n"))
    }

    @Test func `pieces are framed where the body is in chunks`() {
        #expect(framing().framed([65, 66]) == [65, 66])
        #expect(framing().end == [])
        #expect(
            framing(count: nil).framed(Array(repeating: 65, count: 26))
                == Array("1a\r\n\(String(repeating: "A", count: 26))\r\n".utf8)
        )
        // An empty piece would be the end.
        #expect(framing(count: nil).framed([]) == [])
        #expect(framing(count: nil).end == Array("0\r\n\r\n".utf8))
        #expect(framing(count: nil, isHead: true).framed([65]) == [])
        #expect(framing(count: nil, isHead: true).end == [])
    }
}
