import HTTPTypes
import Testing

@testable import LWSSwift

@Suite struct ResponseBodyTests {
    /// The beginning of the body, and whether it is complete, when `text` comes in pieces of `size` bytes.
    private func read(
        _ text: String,
        status: Int = 403,
        _ fields: HTTPFields = [:],
        by size: Int = .max
    ) -> (text: String, isComplete: Bool) {
        var body = ResponseBody(of: ResponseHead(minorVersion: 1, status: status, fields: fields))
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            unsafe Array(rest.prefix(size)).withUnsafeBytes { unsafe body.append($0) }
            rest = rest.dropFirst(size)
        }
        return (String(decoding: body.beginning, as: UTF8.self), body.isComplete)
    }

    @Test(arguments: [1, 3, 1_000])
    func `a body is taken to its length, to its last chunk, or to the end`(size: Int) {
        #expect(read("not you!!!", [.contentLength: "8"], by: size) == ("not you!", true))
        #expect(read("not you", [.contentLength: "8"], by: size) == ("not you", false))
        #expect(read("not you", by: size) == ("not you", false))
        let chunks = "3\r\nnot\r\n5;a=\"b\"\r\n you!\r\n0\r\n\r\n"
        #expect(read(chunks, [.transferEncoding: "chunked"], by: size) == ("not you!", true))
        #expect(
            read(chunks, [.transferEncoding: "gzip, Chunked", .contentLength: "1"], by: size) == ("not you!", true)
        )
    }

    @Test func `no body is waited for where there is none`() {
        #expect(read("", [.contentLength: "0"]).isComplete)
        #expect(read("", status: 204).isComplete)
        #expect(read("", status: 304, [.contentLength: "10"]).isComplete)
    }

    @Test(arguments: ["5000", "nonsense", "-1", "99999999999999999999"])
    func `no more than 1,024 bytes are kept`(length: String) {
        let long = String(repeating: "x", count: 3_000)
        #expect(read(long, [.contentLength: length]) == (String(repeating: "x", count: 1_024), true))
        let chunked = read("BB8\r\n\(long)\r\n0\r\n\r\n", [.transferEncoding: "chunked"])
        #expect(chunked == (String(repeating: "x", count: 1_024), true))
    }

    @Test(arguments: ["nonsense\r\n", "FFFFFFFFFFFFFFFFF\r\n", "\r\n", "-5\r\nabcde"])
    func `what is no chunk ends the body`(text: String) {
        #expect(read(text, [.transferEncoding: "chunked"]) == ("", true))
    }
}
