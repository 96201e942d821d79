import LWSSwift
import Logging

/// Writes lines of the log as objects of JSON (RFC 8259), one a line: `time` (RFC 3339, UTC), `level`, `event`, the fields
/// of the event, and `text`, what people would read.
///
/// What drives a terminal is escaped within the strings, since somebody may look at them on one.
struct JSONLogLine: Sendable {
    private var timestamps = TimestampFormatter(.utc)

    mutating func append(_ line: LogLine, to buffer: inout [UInt8]) {
        appendHead(line.time, line.level, to: &buffer)
        let event = line.fields[Logger.eventKey] ?? .string(LogEventName.log.rawValue)
        Self.append(Logger.eventKey, event, to: &buffer)
        for (key, value) in line.fields.sorted(by: { $0.key < $1.key }) where key != Logger.eventKey {
            Self.append(key, value, to: &buffer)
        }
        Self.append("text", .string(line.text), to: &buffer)
        buffer += "}\n".utf8
    }

    /// What somebody said.
    mutating func append(_ time: WallTime, _ speaker: Speaker, _ message: BorrowedMessage, to buffer: inout [UInt8]) {
        appendHead(time, .info, to: &buffer)
        buffer += speaker.label
        let bytes = message.bytes.byteCount
        if message.kind == .text {
            let (text, isWhole) = Self.beginning(message.message.bytes)
            Self.append("text", .string(text), to: &buffer)
            if !isWhole { Self.append("bytes", .stringConvertible(bytes), to: &buffer) }
        } else {
            Self.append("binary", .stringConvertible(true), to: &buffer)
            Self.append("bytes", .stringConvertible(bytes), to: &buffer)
            Self.append("text", .string(EscapedText.excerpt(message.message)), to: &buffer)
        }
        buffer += "}\n".utf8
    }

    private static func beginning(_ bytes: [UInt8]) -> (text: String, isWhole: Bool) {
        // A character has four bytes at most.
        let beginning = String(decoding: bytes.prefix(4 * Defaults.loggedCharacters), as: UTF8.self).unicodeScalars
        let text = String(String.UnicodeScalarView(beginning.prefix(Defaults.loggedCharacters)))
        return (text, text.utf8.count == bytes.count)
    }

    private mutating func appendHead(_ time: WallTime, _ level: Logger.Level, to buffer: inout [UInt8]) {
        buffer += "{\"time\":\"".utf8
        timestamps.append(time, to: &buffer)
        buffer += "Z\",\"level\":\"\(level.rawValue)\"".utf8
    }

    // MARK: Fields

    /// Appends `,"KEY":VALUE`.
    static func append(_ key: String, _ value: Logger.MetadataValue, to buffer: inout [UInt8]) {
        buffer.append(UInt8(ascii: ","))
        append(string: key, to: &buffer)
        buffer.append(UInt8(ascii: ":"))
        append(value, to: &buffer)
    }

    private static func append(_ value: Logger.MetadataValue, to buffer: inout [UInt8]) {
        switch value {
        case .string(let text): append(string: text, to: &buffer)
        case .stringConvertible(let number as any FixedWidthInteger): buffer += "\(number)".utf8
        case .stringConvertible(let truth as Bool): buffer += "\(truth)".utf8
        case .stringConvertible(let other): append(string: other.description, to: &buffer)
        case .array(let values):
            buffer.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                append(value, to: &buffer)
            }
            buffer.append(UInt8(ascii: "]"))
        case .dictionary(let pairs):
            buffer.append(UInt8(ascii: "{"))
            for (index, pair) in pairs.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                append(string: pair.key, to: &buffer)
                buffer.append(UInt8(ascii: ":"))
                append(pair.value, to: &buffer)
            }
            buffer.append(UInt8(ascii: "}"))
        }
    }

    private static func append(string text: String, to buffer: inout [UInt8]) {
        var writer = JSONWriter(capacity: text.utf8.count + 2)
        writer.append(string: text)
        buffer += EscapedText.escapeJSON(String(decoding: writer.bytes, as: UTF8.self)).utf8
    }
}
