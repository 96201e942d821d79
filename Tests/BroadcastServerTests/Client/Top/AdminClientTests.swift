import Testing

@testable import broadcast_server

@Suite struct AdminClientTests {
    @Test func `an answer is taken when it is whole`() throws {
        let text = "HTTP/1.1 404 Not Found\r\nDate: x\r\ncontent-length:  2\r\n\r\nab"
        let answer = try #require(AdminClient.parse(Array(text.utf8)))
        #expect(answer.status == 404 && answer.body == Array("ab".utf8))
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\nab", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        "SSH-2.0-x\r\n\r\n", "HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n",
    ])
    func `anything else is none`(text: String) {
        #expect(AdminClient.parse(Array(text.utf8)) == nil)
    }

    @Test func `a path that is no socket's is told`() {
        for path in ["", String(repeating: "x", count: 108)] {
            #expect { try AdminClient(path: path).ask("/config") } throws: { ($0 as? Failure)?.code == .usage }
        }
        #expect { try AdminClient(path: "/nowhere/x").ask("/config") } throws: {
            ($0 as? Failure)?.code == .unavailable
        }
    }
}
