import TestSupport

@testable import LWSSwift

extension FrameLog {
    /// Every byte between two places, and how many pieces it took.
    func read(from start: LogPosition, to end: LogPosition) -> (bytes: [UInt8], pieces: Int) {
        var bytes: [UInt8] = []
        var pieces = 0
        var position = start
        while let piece = piece(at: position, limit: end) {
            unsafe bytes += UnsafeRawBufferPointer(start: piece.start, count: piece.count)
            position = piece.end
            pieces += 1
        }
        return (bytes, pieces)
    }

    /// Appends a message whose bytes are in an array.
    @discardableResult
    mutating func append(
        _ kind: WebSocketMessage.Kind,
        prefix: String = "",
        _ bytes: [UInt8],
        isCompressed: Bool = false
    ) -> Appended {
        append(kind, prefix: prefix, unsafe bytes.span.bytes, isCompressed: isCompressed, number: lastNumber + 1)
    }

    /// Appends a binary message of `count` bytes, all `byte`.
    @discardableResult
    mutating func append(_ count: Int, of byte: UInt8 = 7) -> Range<LogPosition> {
        append(.binary, [UInt8](repeating: byte, count: count)).range
    }
}

extension WebSocketMessage {
    /// The message on the wire as a server has to send it, by the tests' own framing (RFC 6455 sections 5.2 and 5.4).
    var framed: [UInt8] {
        var rest = bytes[...]
        var frames: [UInt8] = []
        repeat {
            let part = rest.prefix(LaneFraming.webSocket.maximumPayloadBytes)
            rest = rest.dropFirst(part.count)
            let opcode: RawFrame.Opcode = !frames.isEmpty ? .continuation : kind == .text ? .text : .binary
            frames += RawFrame(opcode, isFinal: rest.isEmpty, Array(part)).encoded(masked: false)
        } while !rest.isEmpty
        return frames
    }
}
