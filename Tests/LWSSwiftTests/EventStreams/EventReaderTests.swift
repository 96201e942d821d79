import HTTPTypes
import Testing

@testable import LWSSwift

@Suite struct EventReaderTests {
    private func reader(_ fields: HTTPFields) throws -> EventReader {
        let head = ResponseHead(minorVersion: 1, status: 200, fields: fields)
        return try EventReader(head, EventParser(maximumEventBytes: 1_000))
    }

    /// The events of a body that comes in pieces of `size` bytes, and the reader afterwards.
    private func read(
        _ body: String,
        _ fields: HTTPFields = [:],
        by size: Int = .max
    ) throws -> (data: [String], reader: EventReader) {
        var reader = try reader(fields)
        var events: [ServerSentEvent] = []
        var rest = Array(body.utf8)[...]
        while !rest.isEmpty {
            try unsafe Array(rest.prefix(size)).withUnsafeBytes { try unsafe reader.read($0, into: &events) }
            rest = rest.dropFirst(size)
        }
        return (events.map(\.data), reader)
    }

    @Test(arguments: [1, 3, 1_000])
    func `a body in chunks ends with the last one`(size: Int) throws {
        let chunks = "7\r\ndata: a\r\n3;x=y\r\nb\n\n\r\n0\r\n\r\ndata: no more\n\n"
        let (data, reader) = try read(chunks, [.transferEncoding: "Chunked"], by: size)
        #expect(data == ["ab"] && reader.isComplete && reader.isWholeAtEnd)
        #expect(try !read("7\r\ndata: a", [.transferEncoding: "chunked"], by: size).reader.isWholeAtEnd)
    }

    @Test(arguments: [1, 3, 1_000])
    func `a body of a length ends there`(size: Int) throws {
        let (data, reader) = try read("data: a\n\ndata: b\n\n", [.contentLength: "9"], by: size)
        #expect(data == ["a"] && reader.isComplete)
        #expect(try !read("data: a", [.contentLength: "9"], by: size).reader.isWholeAtEnd)
        #expect(try self.reader([.contentLength: "0"]).isComplete)
    }

    @Test func `any other body ends with the connection`() throws {
        let (data, reader) = try read("data: a\n\ndata: b")
        #expect(data == ["a"] && !reader.isComplete && reader.isWholeAtEnd)
    }

    @Test(
        arguments: [
            [.transferEncoding: "gzip, chunked"], [.contentEncoding: "gzip"], [.contentLength: "x"],
            [.contentLength: "-1"],
        ] as [HTTPFields]
    )
    func `a framing that is not known is refused`(fields: HTTPFields) {
        #expect(throws: MalformedResponse.self) { try reader(fields) }
    }

    @Test func `broken chunks are a fault`() {
        #expect(throws: EventReader.Fault.malformed("its chunks are malformed")) {
            try read("x\r\n", [.transferEncoding: "chunked"])
        }
    }

    @Test func `chunks may have extensions for as long as they come`() throws {
        let chunk = "9;\(String(repeating: "x", count: 1_000))\r\ndata: a\n\n\r\n"
        #expect(try read(String(repeating: chunk, count: 100), [.transferEncoding: "chunked"]).data.count == 100)
    }

    @Test(arguments: [
        ("text/event-stream", 200, true), ("Text/Event-Stream;charset=utf-8", 200, true),
        (" text/event-stream ; x", 200, true), ("text/event-stream", 204, false), ("text/html", 200, false),
        ("text/event-streams", 200, false), ("", 200, false),
    ])
    func `events come with 200 and their type`(type: String, status: Int, expected: Bool) {
        let head = ResponseHead(minorVersion: 1, status: status, fields: [.contentType: type])
        #expect(EventReader.isEventStream(head) == expected)
    }
}
