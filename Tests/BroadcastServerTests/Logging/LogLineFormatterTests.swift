import Glibc
import LWSSwift
import Logging
import Testing

@testable import broadcast_server

@Suite struct LogLineFormatterTests {
    @Test func `a line has the form of time, level and text`() throws {
        let line = format(LogLine(time: .now, level: .info, text: "Client 1 connected. Total clients: 1"))
        let form = #/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \[INFO\] Client 1 connected\. Total clients: 1\n/#
        #expect(line.wholeMatch(of: form) != nil)
    }

    @Test func `the time is local, to the millisecond`() {
        var parts = unsafe tm()
        unsafe parts.tm_year = 125
        unsafe parts.tm_mon = 10
        unsafe parts.tm_mday = 10
        unsafe parts.tm_hour = 21
        unsafe parts.tm_min = 5
        unsafe parts.tm_sec = 9
        unsafe parts.tm_isdst = -1
        let time = WallTime(second: unsafe mktime(&parts), millisecond: 31)
        let line = format(LogLine(time: time, level: .info, text: "x"))
        #expect(line == "2025-11-10 21:05:09,031 [INFO] x\n")
    }

    @Test func `times of one second and of the next differ as they should`() {
        var formatter = TimestampFormatter()
        func text(_ second: Int, _ millisecond: Int) -> String {
            var buffer: [UInt8] = []
            formatter.append(WallTime(second: second, millisecond: millisecond), to: &buffer)
            return String(decoding: buffer, as: UTF8.self)
        }
        #expect(text(1_700_000_000, 1).hasSuffix("20,001"))
        #expect(text(1_700_000_000, 999).hasSuffix("20,999"))
        #expect(text(1_700_000_001, 0).hasSuffix("21,000"))
    }

    @Test(arguments: zip(Logger.Level.allCases, ["TRACE", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"]))
    func `levels are written in capitals`(level: Logger.Level, name: String) {
        #expect(format(LogLine(time: .now, level: level, text: "x")).contains(" [\(name)] x"))
    }

    @Test func `a text with line breaks stays one line`() {
        let line = format(LogLine(time: .now, level: .info, text: "a\n2025-11-10 00:00:00,000 [INFO] forged"))
        #expect(line.filter { $0 == "\n" }.count == 1)
    }

    @Test(arguments: [
        (0, "Client 0", false, "/"), (7, "ann", true, "/"), (1_234_567, "Client 1234567", false, "/team"),
        (UInt64.max, "👋 b", true, "/a%E2%80%8Bb"),
    ])
    func `what a client says is a line with its number, its name and its channel`(
        number: UInt64,
        name: String,
        isNamed: Bool,
        path: String
    ) {
        let channel = ChannelName(path: path) ?? .default
        let speaker = Speaker(Member(id: ClientID(number: number), name: name), isNamed: isNamed, in: channel, .text)
        let place = channel == .default ? "" : " in \(channel)"
        let label = "Client \(number)\(isNamed ? " (\(name))" : "")\(place): "
        #expect(said(speaker).hasSuffix(" [INFO] \(label)hi\\n👋\n"))
        #expect(said(speaker, isColored: true).hasSuffix(" \u{1B}[32m[INFO]\u{1B}[0m \(label)hi\\n👋\n"))
    }

    @Test(arguments: [("ann", "ann"), ("👋 (192.0.2.7:1)", "👋 (192.0.2.7:1)"), ("a\nb\u{202E}", "a\\nb\\u{202E}")])
    func `what a publisher says is a line with its name, fit for a terminal`(name: String, shown: String) {
        let line = said(Speaker(publisher: name, address: nil, nil, in: .default, .text))
        #expect(line.hasSuffix(" [INFO] Publisher \(shown): hi\\n👋\n"))
    }

    @Test(arguments: zip([Logger.Level.info, .warning, .error], ["\u{1B}[2m", "\u{1B}[33m", "\u{1B}[31m"]))
    func `without a time a line has its level by its color`(level: Logger.Level, color: String) {
        let line = LogLine(time: .now, level: level, text: "x\u{1B}", stream: .error)
        #expect(format(line, LogLineFormatter.Style(isDated: false)) == "x\\u{1B}\n")
        let style = LogLineFormatter.Style(isDated: false, isErrorColored: true)
        #expect(format(line, style) == "\(color)x\\u{1B}\u{1B}[0m\n")
    }

    private func said(_ speaker: Speaker, isColored: Bool = false) -> String {
        var formatter = LogLineFormatter(LogLineFormatter.Style(isOutputColored: isColored))
        var buffer: [UInt8] = []
        let message: WebSocketMessage = "hi\n👋"
        formatter.append(.now, speaker, message.borrowed, on: .output, to: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    private func format(_ line: LogLine, _ style: LogLineFormatter.Style = LogLineFormatter.Style()) -> String {
        var formatter = LogLineFormatter(style)
        var buffer: [UInt8] = []
        formatter.append(line, to: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }
}
