import LWSSwift
import Logging

/// Writes lines in the form `YYYY-MM-DD HH:MM:SS,mmm [LEVEL] text`.
///
/// The text of a ``LogLine`` is escaped here, so that nothing a peer says reaches a terminal or a file raw, whichever way
/// it came; who appends the text itself escapes it.
struct LogLineFormatter: Sendable {
    private var timestamps = TimestampFormatter()
    /// What stands before somebody who said something, the same for all lines of a millisecond.
    private var saidHead = Head()

    private struct Head {
        var time: WallTime?
        var isColored = false
        var bytes: [UInt8] = []
    }

    mutating func append(_ line: LogLine, isColored: Bool = false, to buffer: inout [UInt8]) {
        timestamps.append(line.time, to: &buffer)
        buffer += Self.label(line.level, isColored: isColored)
        buffer += EscapedText.escape(line.text).utf8
        buffer.append(UInt8(ascii: "\n"))
    }

    /// Appends a line of level info about what somebody said.
    ///
    /// Such lines come in great numbers: apart from what the message needs, nothing is made for them.
    mutating func append(
        _ time: WallTime,
        _ speaker: Speaker,
        _ message: BorrowedMessage,
        isColored: Bool,
        to buffer: inout [UInt8]
    ) {
        if saidHead.time != time || saidHead.isColored != isColored { makeHead(time, isColored: isColored) }
        buffer += saidHead.bytes
        Self.append(speaker, to: &buffer)
        buffer.append(UInt8(ascii: ":"))
        buffer.append(UInt8(ascii: " "))
        EscapedText.appendExcerpt(message, to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
    }

    private mutating func makeHead(_ time: WallTime, isColored: Bool) {
        saidHead = Head(time: time, isColored: isColored)
        timestamps.append(time, to: &saidHead.bytes)
        saidHead.bytes += Self.label(.info, isColored: isColored)
    }

    private static let client = Array("Client ".utf8)

    private static func append(_ speaker: Speaker, to buffer: inout [UInt8]) {
        switch speaker {
        case .member(let id):
            buffer += client
            append(id.number, to: &buffer)
        case .publisher(let name, let address):
            let place = address.map { " (\($0))" } ?? ""
            buffer += EscapedText.escape("Publisher \(name)\(place)").utf8
        }
    }

    private static func append(_ number: UInt64, to buffer: inout [UInt8]) {
        if number >= 10 { append(number / 10, to: &buffer) }
        buffer.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    private static func label(_ level: Logger.Level, isColored: Bool) -> [UInt8] {
        Array((isColored ? " \(color(level))[\(name(level))]\u{1B}[0m " : " [\(name(level))] ").utf8)
    }

    static func name(_ level: Logger.Level) -> String {
        switch level {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO"
        case .notice: "NOTICE"
        case .warning: "WARNING"
        case .error: "ERROR"
        case .critical: "CRITICAL"
        }
    }

    private static func color(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "\u{1B}[2m"  // dim
        case .info, .notice: "\u{1B}[32m"  // green
        case .warning: "\u{1B}[33m"  // yellow
        case .error, .critical: "\u{1B}[31m"  // red
        }
    }
}
