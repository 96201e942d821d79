import Logging

/// Writes lines in the form `YYYY-MM-DD HH:MM:SS,mmm [LEVEL] text`.
///
/// The text of a ``LogLine`` is escaped here, so that nothing a peer says reaches a terminal or a file raw, whichever way
/// it came; who appends the text itself escapes it.
struct LogLineFormatter: Sendable {
    private var timestamps = TimestampFormatter()

    mutating func append(_ line: LogLine, isColored: Bool = false, to buffer: inout [UInt8]) {
        append(line.time, line.level, isColored: isColored, to: &buffer) { $0 += EscapedText.escape(line.text).utf8 }
    }

    /// - Parameter text: appends the text, escaped.
    mutating func append(
        _ time: WallTime,
        _ level: Logger.Level,
        isColored: Bool,
        to buffer: inout [UInt8],
        text: (inout [UInt8]) -> Void
    ) {
        timestamps.append(time, to: &buffer)
        buffer += isColored ? Self.label(level, color: Self.color(level)) : Self.label(level)
        text(&buffer)
        buffer.append(UInt8(ascii: "\n"))
    }

    /// Made once, since most lines are of this level.
    private static let infoLabel = Array(" [\(name(.info))] ".utf8)

    private static func label(_ level: Logger.Level) -> [UInt8] {
        level == .info ? infoLabel : Array(" [\(name(level))] ".utf8)
    }

    private static func label(_ level: Logger.Level, color: String) -> [UInt8] {
        Array(" \(color)[\(name(level))]\u{1B}[0m ".utf8)
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
