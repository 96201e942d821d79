import Testing

@testable import LWSSwift

@Suite struct EventParserTests {
    /// What becomes of a text that comes in pieces of `size` bytes.
    private func read(
        _ text: String,
        by size: Int = .max,
        limit: Int = 1 << 20,
        lastEventID: String = ""
    ) throws -> (events: [ServerSentEvent], parser: EventParser) {
        var parser = EventParser(maximumEventBytes: limit, lastEventID: lastEventID)
        var events: [ServerSentEvent] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            try unsafe Array(rest.prefix(size)).withUnsafeBytes { try unsafe parser.read($0, into: &events) }
            rest = rest.dropFirst(size)
        }
        return (events, parser)
    }

    @Test(arguments: [1, 2, 5, 1_000])
    func `events are read in whatever pieces they come`(size: Int) throws {
        let text = "retry: 2000\nid: 7\n\nid: 8\ndata: ann: hello\n\n: comment\n\nevent: joined\ndata: a\ndata:b\n\n"
        let (events, parser) = try read(text, by: size)
        #expect(
            events == [
                ServerSentEvent(id: "8", data: "ann: hello"),
                ServerSentEvent(id: "8", event: "joined", data: "a\nb"),
            ]
        )
        #expect(parser.lastEventID == "8" && parser.retry == .seconds(2))
    }

    /// The examples of the HTML standard, section 9.2.6, and its rules.
    @Test(arguments: [
        ("data: YHOO\ndata: +2\ndata: 10\n\n", ["YHOO\n+2\n10"]),
        ("data\n\ndata\ndata\n\ndata:", ["", "\n"]),
        ("data:test\n\ndata: test\n\n", ["test", "test"]),
        ("data:  two\n\n", [" two"]),
        ("data: a\r\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n", ["a\nb", "c", "d"]),
        ("\u{FEFF}data: first\n\n\u{FEFF}data: no field\n\n", ["first"]),
        ("Data: a\n\ndata : b\n\ndata: c\n", []),
        ("event: x\n\ndata: y\n\n", ["y"]),
        (":\n:\n\n", []),
        ("data: a:b: c\n\n", ["a:b: c"]),
    ])
    func `the content of an event is what its data lines say`(text: String, expected: [String]) throws {
        for size in [1, 3, 1_000] { #expect(try read(text, by: size).events.map(\.data) == expected) }
    }

    @Test func `an event without a name is a message, and a name is for one event`() throws {
        let events = try read("data: a\n\nevent: x\ndata: b\n\nevent\ndata: c\n\n").events
        #expect(events.map(\.event) == ["message", "x", "message"])
    }

    @Test func `an id counts once its event is complete, and stays`() throws {
        #expect(try read("id: 1\ndata: a\n\nid: 2\ndata: b\n").parser.lastEventID == "1")
        #expect(try read("id: 1\n\nid: 2\n\n").parser.lastEventID == "2")
        #expect(try read("id: 1\ndata: a\n\ndata: b\n\n").events.map(\.id) == ["1", "1"])
        #expect(try read("data: a\n\n", lastEventID: "before").events.map(\.id) == ["before"])
        #expect(try read("id\ndata: a\n\n", lastEventID: "before").events.map(\.id) == [""])
        #expect(try read("id: a\0b\ndata: a\n\n", lastEventID: "before").parser.lastEventID == "before")
    }

    @Test(arguments: [
        ("retry: 10", Duration.milliseconds(10)), ("retry:0", .zero), ("retry: 1s", nil), ("retry:", nil),
        ("retry: -1", nil), ("retry: 999999999999999999999", EventParser.longestRetry),
    ])
    func `a wait is a number of milliseconds`(line: String, expected: Duration?) throws {
        #expect(try read("\(line)\n").parser.retry == expected)
    }

    @Test func `bytes that are no UTF-8 are replaced`() throws {
        var parser = EventParser(maximumEventBytes: 100)
        var events: [ServerSentEvent] = []
        let bytes: [UInt8] = Array("data: ".utf8) + [0xFF, 0xE2, 0x82] + Array("\n\n".utf8)
        try unsafe bytes.withUnsafeBytes { try unsafe parser.read($0, into: &events) }
        #expect(events.map(\.data) == ["\u{FFFD}\u{FFFD}"])
    }

    @Test(arguments: [1, 7, 1_000])
    func `an event has a limit, its unfinished lines included`(size: Int) throws {
        let line = "data: \(String(repeating: "x", count: 30))\n"
        #expect(try read(line + "\n" + line + "\n", by: size, limit: 40).events.count == 2)
        #expect(throws: EventParser.Excess(reason: "an event is larger than 40 bytes")) {
            try read(line + line, by: size, limit: 40)
        }
        #expect(throws: EventParser.Excess.self) {
            try read(String(repeating: "x", count: 41), by: size, limit: 40)
        }
        #expect(throws: EventParser.Excess.self) {
            try read("id: \(String(repeating: "x", count: 4_097))\n", by: size)
        }
    }

    @Test(arguments: [1, 7, 1_000])
    func `a comment of any length takes no room`(size: Int) throws {
        let text = ":" + String(repeating: "x", count: 1_000) + "\ndata: a\n\n"
        #expect(try read(text, by: size, limit: 40).events.map(\.data) == ["a"])
    }
}
