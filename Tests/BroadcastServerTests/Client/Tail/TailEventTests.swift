import ArgumentParser
import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct TailEventTests {
    @Test(arguments: [
        ("ann: hello", "ann: hello"), ("ann: a\nb", "ann: a\\nb"), ("\u{1B}[2J\t", "\\u{1B}[2J\\t"), ("", ""),
    ])
    func `a message is one line without anything that drives a terminal`(data: String, line: String) {
        let event = TailEvent(ServerSentEvent(data: data), isJSON: false)
        #expect(event.line == line && event.isMessage)
    }

    @Test func `bytes are told by their number, or as the object that has them`() {
        let plain = TailEvent(ServerSentEvent(event: "binary", data: "AP/+"), isJSON: false)
        #expect(plain.line == "binary message of 3 bytes" && plain.isMessage)
        let object = #"{"id":"e.8","binary":"AP/+"}"#
        let event = TailEvent(ServerSentEvent(event: "binary", data: object), isJSON: true)
        #expect(event.line == object && event.isMessage)
    }

    @Test func `an object is printed as it came, on one line`() {
        let data = "{\"type\":\t\"message\",\n\"text\":\"a\\nb \u{1F44B} \u{202E}\"}"
        let event = TailEvent(ServerSentEvent(data: data), isJSON: true)
        #expect(event.line == #"{"type": "message", "text":"a\nb 👋 \u202e"}"# && event.isMessage)
    }

    @Test(arguments: ["plain", "[1]", "\"text\"", "{\"a\":1} {}", ""])
    func `what is no object becomes the text of one`(data: String) {
        let event = TailEvent(ServerSentEvent(data: data), isJSON: true)
        #expect(event.line?.hasPrefix(#"{"text":""#) == true && event.line?.hasSuffix(#"","type":"message"}"#) == true)
    }

    @Test func `members are for those who asked for objects, and no messages`() {
        let joined = ServerSentEvent(event: "joined", data: #"{"type":"joined","count":2}"#)
        #expect(TailEvent(joined, isJSON: false) == TailEvent(ServerSentEvent(event: "x", data: ""), isJSON: false))
        let event = TailEvent(joined, isJSON: true)
        #expect(event.line == joined.data && !event.isMessage)
    }

    @Test(arguments: [true, false])
    func `a gap is told, and printed as an object`(isJSON: Bool) {
        let data = #"{"type":"gap","from":"e.3","to":"e.41","missing":38,"reason":"expired"}"#
        let event = TailEvent(ServerSentEvent(event: "gap", data: data), isJSON: isJSON)
        #expect(event.gap == Gap(from: "e.3", to: "e.41", missing: 38, reason: .expired, behind: nil))
        #expect(event.line == (isJSON ? data : nil) && !event.isMessage)
    }

    @Test(arguments: [true, false])
    func `a cluster that is away is told, and printed as an object`(isJSON: Bool) {
        let data = #"{"type":"status","cluster":"away","message":"Nobody is there."}"#
        let event = TailEvent(ServerSentEvent(event: "status", data: data), isJSON: isJSON)
        #expect(event.status == Status(cluster: .away, message: "Nobody is there."))
        #expect(event.line == (isJSON ? data : nil) && !event.isMessage)
    }

    @Test(arguments: [
        (["x"], "ws://x/"), (["localhost:8088/team"], "ws://localhost:8088/team"),
        (["ws://h/team", "--last", "5"], "ws://h/team?last=5"),
        (["https://h/?a=b", "--json", "--name", "ann b"], "wss://h/?a=b&name=ann%20b&form=json"),
        ([], Defaults.url + "/"), (["ws://h/", "--after", "e.7"], "ws://h/"),
    ])
    func `the address has what is asked for`(arguments: [String], target: String) throws {
        let command = try TailCommand.parse(arguments)
        #expect(try command.settings.target.description == target)
        #expect(try command.settings.stream.lastEventID == (arguments.contains("--after") ? "e.7" : ""))
    }
}
