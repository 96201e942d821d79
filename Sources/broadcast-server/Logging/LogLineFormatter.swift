import LWSSwift
import Logging

/// Writes lines in the form `YYYY-MM-DD HH:MM:SS,mmm [LEVEL] text`, or the text alone, or as JSON.
///
/// The text of a ``LogLine`` is escaped here, so that nothing a peer says reaches a terminal or a file raw, whichever way
/// it came; who appends the text itself escapes it.
struct LogLineFormatter: Sendable {
    /// How lines look.
    struct Style: Sendable {
        /// Whether time and level stand before the text; otherwise the level shows in the color of the line.
        var isDated = true
        /// Of each stream: colors are for terminals.
        var isOutputColored = false
        var isErrorColored = false

        fileprivate func isColored(_ stream: LogLine.Stream) -> Bool {
            stream == .output ? isOutputColored : isErrorColored
        }
    }

    private let style: Style
    /// nil for lines that people read.
    private var json: JSONLogLine?
    private var timestamps = TimestampFormatter()
    /// What stands before somebody who said something, the same for all lines of a millisecond.
    private var saidHead = Head()

    private struct Head {
        var time: WallTime?
        var isColored = false
        var bytes: [UInt8] = []
    }

    init(_ style: Style = Style(), _ format: LogFormat = .text) {
        self.style = style
        json = format == .json ? JSONLogLine() : nil
    }

    mutating func append(_ line: LogLine, to buffer: inout [UInt8]) {
        guard json?.append(line, to: &buffer) == nil else { return }
        let isColored = style.isColored(line.stream)
        if style.isDated {
            timestamps.append(line.time, to: &buffer)
            buffer += Self.label(line.level, isColored: isColored)
        } else if isColored {
            buffer += Self.textColor(line.level).utf8
        }
        buffer += EscapedText.escape(line.text).utf8
        if !style.isDated, isColored { buffer += Self.reset.utf8 }
        buffer.append(UInt8(ascii: "\n"))
    }

    /// Appends a line of level info about what somebody said.
    ///
    /// Such lines come in great numbers: apart from what the message needs, nothing is made for them.
    mutating func append(
        _ time: WallTime,
        _ speaker: Speaker,
        _ message: BorrowedMessage,
        on stream: LogLine.Stream,
        to buffer: inout [UInt8]
    ) {
        guard json?.append(time, speaker, message, to: &buffer) == nil else { return }
        let isColored = style.isColored(stream)
        if saidHead.time != time || saidHead.isColored != isColored { makeHead(time, isColored: isColored) }
        buffer += saidHead.bytes
        buffer += speaker.label
        EscapedText.appendExcerpt(message, to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
    }

    private mutating func makeHead(_ time: WallTime, isColored: Bool) {
        saidHead = Head(time: time, isColored: isColored)
        timestamps.append(time, to: &saidHead.bytes)
        saidHead.bytes += Self.label(.info, isColored: isColored)
    }

    private static func label(_ level: Logger.Level, isColored: Bool) -> [UInt8] {
        Array((isColored ? " \(color(level))[\(name(level))]\(reset) " : " [\(name(level))] ").utf8)
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

    /// Of a whole line.
    private static func textColor(_ level: Logger.Level) -> String {
        level < .warning ? color(.debug) : color(level)
    }

    private static let reset = "\u{1B}[0m"
}
