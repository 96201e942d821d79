import HTTPTypes
import Testing

@testable import LWSSwift

/// How the end of a request's body is found (RFC 9112 sections 6 and 7), without any socket.
@Suite struct RequestBodyTests {
    private func head(_ fields: [String], version: String = "1.1") throws -> RequestHead {
        var parser = RequestParser(limits: .init(maximumBytes: 8_192, maximumFields: 64))
        let lines = ["POST / HTTP/\(version)", "Host: a"] + fields
        let bytes = Array((lines.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
        let parsed = unsafe try bytes.withUnsafeBytes { unsafe try parser.feed($0) }
        return try #require(parsed?.head)
    }

    private func framing(_ fields: String..., version: String = "1.1") throws -> BodyFraming {
        try BodyFraming(head(fields, version: version), maximumBytes: 1_000)
    }

    private func status(_ fields: String..., version: String = "1.1") throws -> Int? {
        let head = try head(fields, version: version)
        do throws(HTTPRefusal) {
            _ = try BodyFraming(head, maximumBytes: 1_000)
            return nil
        } catch {
            return error.status.code
        }
    }

    @Test func `a length, chunks or nothing tell where a body ends`() throws {
        #expect(try framing() == .none)
        #expect(try framing("Content-Length: 0") == .none)
        #expect(try framing("Content-Length: 00") == .none)
        #expect(try framing("Content-Length: 0007") == .length(7))
        #expect(try framing("Content-Length: 1000") == .length(1_000))
        #expect(try framing("Transfer-Encoding: chunked") == .chunked)
        #expect(try framing("transfer-encoding:  Chunked , ") == .chunked)
    }

    @Test func `what could be read in two ways is refused`() throws {
        for length in ["", "+5", "-1", "5,6", "5, 5", "5 5", "0x5", "5.0", "99999999999999999999", "\u{665}"] {
            #expect(try status("Content-Length: \(length)") == 400, "\(length)")
        }
        #expect(try status("Content-Length: 5", "Content-Length: 5") == 400)
        #expect(try status("Content-Length: 5", "content-length: 6") == 400)
        #expect(try status("Content-Length: 5", "Transfer-Encoding: chunked") == 400)
        #expect(try status("Transfer-Encoding: chunked", version: "1.0") == 400)
        for coding in ["", "identity", "chunked, gzip", "chunked, chunked", "xchunked", "chunked;q=1"] {
            #expect(try status("Transfer-Encoding: \(coding)") == 400, "\(coding)")
        }
        #expect(try status("Transfer-Encoding: gzip, chunked") == 501)
        #expect(try status("Transfer-Encoding: gzip", "Transfer-Encoding: chunked") == 501)
        #expect(try status("Content-Length: 1001") == 413)
    }

    // MARK: Reading

    /// The body in this text, which is fed in pieces of so many bytes, and what stands behind it.
    private func read(
        _ framing: BodyFraming,
        _ text: String,
        pieces: Int = .max,
        maximumBytes: Int = 1_000
    ) throws -> (body: String, rest: String)? {
        var reader = BodyReader(framing, maximumBytes: maximumBytes)
        var rest = Array(text.utf8)[...]
        repeat {
            let piece = rest.prefix(pieces)
            let consumed = unsafe try piece.withUnsafeBytes { unsafe try reader.feed($0) }
            rest = rest.dropFirst(consumed ?? piece.count)
            if consumed != nil {
                return (String(decoding: reader.body, as: UTF8.self), String(decoding: rest, as: UTF8.self))
            }
        } while !rest.isEmpty
        return nil
    }

    private func chunkStatus(_ text: String, maximumBytes: Int = 1_000) -> Int? {
        do {
            return try read(.chunked, text, maximumBytes: maximumBytes) == nil ? nil : 200
        } catch {
            return (error as? HTTPRefusal)?.status.code
        }
    }

    @Test(arguments: [1, 2, 3, .max])
    func `a body of a known length ends there`(pieces: Int) throws {
        let read = try #require(try read(.length(5), "helloGET", pieces: pieces))
        #expect(read.body == "hello" && read.rest == "GET")
        #expect(try self.read(.length(5), "hell", pieces: pieces) == nil)
        #expect(try self.read(.none, "x", pieces: pieces)?.rest == "x")
    }

    @Test(arguments: [1, 2, 3, .max])
    func `chunks are put together, without extensions and trailers`(pieces: Int) throws {
        for (text, body) in [
            ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("05\r\nhello\r\n000\r\n\r\n", "hello"),
            ("1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n", "a0123456789"),
            ("a;x;y=\"z;\"\r\n0123456789\r\n0 ;e\r\nTrailer: x\r\nB:\r\n\r\n", "0123456789"),
            ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
        ] {
            let read = try #require(try read(.chunked, text + "GET", pieces: pieces))
            #expect(read.body == body && read.rest == "GET", "\(text)")
            #expect(try self.read(.chunked, String(text.unicodeScalars.dropLast()), pieces: pieces) == nil)
        }
    }

    @Test(arguments: [
        "\r\n", "x\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1\n", "1\rx", "1\r\na\n", "1\r\nab", "1\r\na\rx",
        ";\r\n",
        "1;\0\r\n", "1;a\n", "00000000000000001\r\n", "0\r\n\n", "0\r\nX\r\n", "0\r\n X: 1\r\n", "0\r\nX : 1\r\n",
        "0\r\nX: \u{1}\r\n",
    ])
    func `malformed chunks are refused at once`(text: String) {
        #expect(chunkStatus(text) == 400)
    }

    @Test func `chunks are bounded, in their sum and in what is not data`() {
        #expect(chunkStatus("5\r\nhello\r\n0\r\n\r\n", maximumBytes: 5) == 200)
        #expect(chunkStatus("5\r\nhello\r\n1\r\n", maximumBytes: 5) == 413)
        #expect(chunkStatus("6\r\n", maximumBytes: 5) == 413)
        #expect(chunkStatus("FFFFFFFFFFFFFFFF\r\n") == 413)
        #expect(chunkStatus("8000000000000000\r\n") == 413)
        #expect(chunkStatus("1;" + String(repeating: "x", count: 20_000)) == 413)
        #expect(chunkStatus(String(repeating: "1;\(String(repeating: "x", count: 500))\r\na\r\n", count: 40)) == 413)
        #expect(chunkStatus("0\r\n" + String(repeating: "X: y\r\n", count: 5_000)) == 413)
    }
}
