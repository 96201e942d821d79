import HTTPTypes
import Testing

@testable import LWSSwift

/// RFC 9112 sections 2 to 5, from a client's side.
@Suite struct ResponseParserTests {
    /// Reads `text` in pieces of `size` bytes; what comes behind the head comes back too.
    private func read(_ text: String, by size: Int = .max) throws -> (head: ResponseHead?, rest: String) {
        var parser = ResponseParser()
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(size))
            if let (head, count) = try unsafe piece.withUnsafeBytes({ unsafe try parser.read($0) }) {
                return (head, String(decoding: rest.dropFirst(count), as: UTF8.self))
            }
            rest = rest.dropFirst(size)
        }
        return (nil, "")
    }

    private static let start = "HTTP/1.1 101 Switching Protocols\r\n"

    @Test(arguments: [1, 2, 3, 7, 1_000])
    func `a head is read wherever it is cut, and what follows is left`(size: Int) throws {
        let text = "\(Self.start)Upgrade: websocket\r\nAuth: s\r\nX:\r\nx-auth: \t a  b \t\r\n\r\n"
        let result = try read(text + "early", by: size)
        let head = try #require(result.head)
        #expect(head.status == 101 && head.minorVersion == 1)
        #expect(head.fields.count == 4)
        #expect(head.fields[.upgrade] == "websocket")
        // Names that begin as others do are just names.
        #expect(head.fields[HTTPField.Name("AUTH")!] == "s")
        #expect(head.fields[HTTPField.Name("X")!] == "")
        #expect(head.fields[HTTPField.Name("X-Auth")!] == "a  b")
        #expect("early".hasPrefix(result.rest))
    }

    @Test func `interim answers are passed over, 101 is none`() throws {
        let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        let result = try read(interim + "HTTP/1.1 403 No\r\nServer: x\r\n\r\nbody", by: 10_000)
        #expect(result.head == ResponseHead(minorVersion: 1, status: 403, fields: [.server: "x"]))
        #expect(result.rest == "body")
        #expect(try read(interim + Self.start + "\r\n").head?.status == 101)
    }

    @Test func `interim answers do not go on for ever`() throws {
        let interim = "HTTP/1.1 102 Processing\r\n\r\n"
        let allowed = String(repeating: interim, count: ResponseParser.maximumInterimAnswers)
        #expect(try read(allowed + Self.start + "\r\n").head != nil)
        #expect { try read(allowed + interim) } throws: { "\($0)".contains("interim") }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK", 200), ("HTTP/1.0 200 OK", 200), ("HTTP/1.1 200", 200), ("HTTP/1.1 200 ", 200),
        ("HTTP/1.1 599 Größe ist egal", 599),
    ])
    func `a status line is taken`(line: String, status: Int) throws {
        #expect(try read("\(line)\r\n\r\n").head?.status == status)
    }

    @Test(arguments: [
        "HTTP/2 200 OK", "HTTP/1.x 200 OK", "http/1.1 200 OK", "HTTP/1.1  200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK",
        "HTTP/1.1 099 OK", "HTTP/1.1 600 OK", "HTTP/1.1 +20 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1\t200 OK",
        "HTTP/1.1 200\u{0}",
        "", "SSH-2.0-OpenSSH_9.2", "\u{15}\u{3}\u{1}",
    ])
    func `a line that is no status line is refused`(line: String) {
        #expect(throws: MalformedResponse.self) { try read("\(line)\r\n\r\n") }
    }

    @Test func `another protocol is recognized before it ends a line`() {
        #expect(throws: MalformedResponse(reason: "it is no HTTP/1.1")) { try read("\u{15}") }
        #expect(throws: MalformedResponse(reason: "it is no HTTP/1.1")) { try read("HTTP/2") }
    }

    @Test(arguments: [
        "Upgrade", ": x", "Upgrade : x", "Up grade: x", "Up\u{0}grade: x", "Upgrade: a\u{0}b", "Upgrade: a\rb",
        "Upgrade: \u{7F}", "Ümlaut: x", " Upgrade: x",
    ])
    func `a line that is no field is refused`(line: String) {
        #expect(throws: MalformedResponse.self) { try read("\(Self.start)\(line)\r\n\r\n") }
    }

    @Test func `a line must end with CR LF`() {
        #expect(throws: MalformedResponse.self) { try read("HTTP/1.1 101 Yes\n\n") }
        #expect(throws: MalformedResponse.self) { try read("\(Self.start)Upgrade: websocket\n\r\n") }
    }

    @Test func `a folded value becomes one line`() throws {
        let head = try #require(try read("\(Self.start)Upgrade: a\r\n b\r\n\t c \r\nVia: x\r\n\r\n").head)
        #expect(head.fields[.upgrade] == "a b c")
        #expect(head.fields[.via] == "x")
    }

    @Test func `a repeated field is one list`() throws {
        let head = try #require(try read("\(Self.start)Connection: a\r\nconnection: b\r\n\r\n").head)
        #expect(head.fields[.connection] == "a, b")
    }

    @Test func `the size of a head and the number of its fields are bounded`() throws {
        func padded(to count: Int) -> String {
            let rest = "X: \r\n\r\n"
            return Self.start + "X: " + String(repeating: "x", count: count - Self.start.utf8.count - rest.utf8.count)
                + "\r\n\r\n"
        }
        #expect(try read(padded(to: ResponseParser.maximumBytes)).head != nil)
        #expect { try read(padded(to: ResponseParser.maximumBytes + 1)) } throws: { "\($0)".contains("larger than") }
        #expect { try read(Self.start + String(repeating: "x", count: 20_000)) } throws: { _ in true }
        let fields = String(repeating: "a:\r\n", count: ResponseParser.maximumFields)
        #expect(try read("\(Self.start)\(fields)\r\n").head != nil)
        #expect { try read("\(Self.start)\(fields)b:\r\n\r\n") } throws: { "\($0)".contains("fields") }
    }
}
