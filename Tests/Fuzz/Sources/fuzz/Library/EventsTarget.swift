@testable import LWSSwift

extension FuzzTarget {
    /// A stream becomes the same events in whatever pieces it comes, and those that the plain reading of the HTML standard
    /// finds in the whole.
    static let events = FuzzTarget("events") { bytes throws(Violation) in
        for limit in [40, 1 << 20] {
            let expected = EventOutcome(reading: bytes, limit: limit)
            for pieces in Splits.of(bytes) {
                let outcome = EventOutcome(of: pieces, limit: limit)
                try require(
                    outcome == expected,
                    "in pieces of \(pieces.prefix(20).map(\.count)), at most \(limit): \(outcome), expected: \(expected)"
                )
            }
        }
    }
}

/// What becomes of a stream.
private struct EventOutcome: Equatable {
    var events: [ServerSentEvent] = []
    var lastEventID = ""
    var retry: Duration?
    var isTooLarge = false

    init(of pieces: [[UInt8]], limit: Int) {
        var parser = EventParser(maximumEventBytes: limit)
        for piece in pieces {
            do throws(EventParser.Excess) {
                try unsafe piece.span.bytes.withUnsafeBytes { bytes throws(EventParser.Excess) in
                    try unsafe parser.read(bytes, into: &events)
                }
            } catch {
                isTooLarge = true
                break
            }
        }
        lastEventID = parser.lastEventID
        retry = parser.retry
    }

    /// Line by line, over the whole.
    init(reading bytes: [UInt8], limit: Int) {
        var id = ""
        var (event, data): ([UInt8], [UInt8]) = ([], [])
        var lines = Self.lines(of: bytes)
        let unfinished = lines.removeLast()
        for (number, line) in (lines + [unfinished]).enumerated() {
            let isComment = line.first == UInt8(ascii: ":")
            guard isComment || line.count + data.count + event.count <= limit else {
                isTooLarge = true
                return
            }
            if number == lines.count || isComment { continue }
            let text = number == 0 && line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line[...]
            if text.isEmpty {
                lastEventID = id
                if !data.isEmpty {
                    let name = event.isEmpty ? "message" : String(decoding: event, as: UTF8.self)
                    events.append(
                        ServerSentEvent(id: id, event: name, data: String(decoding: data.dropLast(), as: UTF8.self))
                    )
                }
                (event, data) = ([], [])
                continue
            }
            let colon = text.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
            var value = text[colon...].dropFirst()
            if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
            switch String(decoding: text[..<colon], as: UTF8.self) {
            case "data": data += value + "\n".utf8
            case "event": event = Array(value)
            case "id" where !value.contains(0):
                guard value.count <= EventParser.maximumIDBytes else {
                    isTooLarge = true
                    return
                }
                id = String(decoding: value, as: UTF8.self)
            case "retry" where !value.isEmpty && value.allSatisfy({ (0x30...0x39).contains($0) }):
                let milliseconds = Double(String(decoding: value, as: UTF8.self)) ?? .infinity
                retry = min(.milliseconds(Int(min(milliseconds, 1e12))), EventParser.longestRetry)
            default: break
            }
        }
    }

    /// What CR LF, CR and LF end; the last one is not ended.
    private static func lines(of bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "\r"): lines.append([])
            case UInt8(ascii: "\n"): if index == 0 || bytes[index - 1] != UInt8(ascii: "\r") { lines.append([]) }
            default: lines[lines.count - 1].append(byte)
            }
        }
        return lines
    }
}
