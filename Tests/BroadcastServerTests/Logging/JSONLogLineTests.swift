import Foundation
import LWSSwift
import Logging
import Testing

@testable import broadcast_server

@Suite struct JSONLogLineTests {
    private func object(_ append: (inout JSONLogLine, inout [UInt8]) -> Void) throws -> [String: Any] {
        var line = JSONLogLine()
        var bytes: [UInt8] = []
        append(&line, &bytes)
        #expect(bytes.filter { $0 == UInt8(ascii: "\n") } == [bytes.last])
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test func `a line is an object with its time in UTC, its level, its event, its fields and its text`() throws {
        let fields: Logger.Metadata = [
            "event": "connected", "client": .stringConvertible(3), "total": .stringConvertible(2),
            "again": .stringConvertible(false), "list": ["a", "b"], "pairs": ["k": "v"],
        ]
        let time = WallTime(second: 1_700_000_000, millisecond: 7)
        let line = LogLine(time: time, level: .info, text: "Client 3 connected", fields: fields)
        let found = try object { $0.append(line, to: &$1) }
        #expect(found["time"] as? String == "2023-11-14T22:13:20.007Z")
        #expect(found["level"] as? String == "info")
        #expect(found["event"] as? String == "connected")
        #expect(found["client"] as? Int == 3)
        #expect(found["total"] as? Int == 2)
        #expect(found["again"] as? Bool == false)
        #expect(found["list"] as? [String] == ["a", "b"])
        #expect(found["pairs"] as? [String: String] == ["k": "v"])
        #expect(found["text"] as? String == "Client 3 connected")
    }

    @Test func `a line without an event has the name of all such`() throws {
        let found = try object { $0.append(LogLine(time: .now, level: .warning, text: "x"), to: &$1) }
        #expect(found["event"] as? String == "log")
    }

    @Test func `what drives a terminal or breaks a line is escaped, and means the same`() throws {
        let text = "a\n\u{1B}[31m\u{202E}\u{9B}\"\\👋"
        var line = JSONLogLine()
        var bytes: [UInt8] = []
        line.append(LogLine(time: .now, level: .info, text: text, fields: ["k\n": .string(text)]), to: &bytes)
        #expect(
            !String(decoding: bytes.dropLast(), as: UTF8.self).unicodeScalars.contains {
                $0.value < 0x20 || $0 == "\u{202E}" || $0 == "\u{9B}"
            }
        )
        let found = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(found["text"] as? String == text)
        #expect(found["k\n"] as? String == text)
    }

    @Test(arguments: [200, 201, 10_000])
    func `what is said is cut, and its size told`(count: Int) throws {
        let channel = try #require(ChannelName(path: "/team"))
        let speaker = Speaker(Member(id: ClientID(number: 7), name: "ann"), isNamed: true, in: channel, .json)
        let said = String(repeating: "é", count: count)
        let found = try object { $0.append(.now, speaker, WebSocketMessage.text(said).borrowed, to: &$1) }
        #expect(found["event"] as? String == "message")
        #expect(found["client"] as? Int == 7)
        #expect(found["name"] as? String == "ann")
        #expect(found["channel"] as? String == "/team")
        #expect(found["text"] as? String == String(said.prefix(200)))
        #expect(found["bytes"] as? Int == (count > 200 ? 2 * count : nil))
    }

    @Test func `of a binary message the size is told, and of a publisher the trace`() throws {
        let trace = try #require(TraceParent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
        let speaker = Speaker(publisher: "ci\n", address: nil, trace, in: .default, .json)
        let found = try object { $0.append(.now, speaker, WebSocketMessage.binary([1, 2, 3]).borrowed, to: &$1) }
        #expect(found["name"] as? String == "ci\n")
        #expect(found["binary"] as? Bool == true)
        #expect(found["bytes"] as? Int == 3)
        #expect(found["trace_id"] as? String == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(found["span_id"] as? String == "00f067aa0ba902b7")
        #expect(found["text"] as? String == "binary message of 3 bytes")
    }

    @Test func `the documentation has each event`() throws {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let page = String(decoding: try Data(contentsOf: URL(filePath: "/\(root)/docs/logging.md")), as: UTF8.self)
        for name in LogEventName.allCases { #expect(page.contains("| `\(name.rawValue)` |"), "\(name)") }
    }
}
