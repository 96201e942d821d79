import TestSupport
import Testing

@testable import LWSSwift

/// Frames out of bytes in any pieces.
@Suite struct FrameReaderTests {
    /// What a reader makes of some bytes, payloads of a message's pieces put together.
    private enum Read: Equatable {
        case message([UInt8], isBinary: Bool, isFinal: Bool)
        case close([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        case failure(String)
    }

    private func read(_ pieces: [[UInt8]], role: WebSocketRole = .server) -> [Read] {
        var reader = FrameReader(role: role)
        var result: [Read] = []
        for piece in pieces {
            var bytes = piece
            let hasFailed = unsafe bytes.withUnsafeMutableBytes { buffer in
                var input = unsafe buffer
                do throws(ConnectionFailure) {
                    while let event = try unsafe reader.next(&input) { add(event, to: &result) }
                    return false
                } catch {
                    result.append(.failure(error.reason))
                    return true
                }
            }
            if hasFailed { break }
        }
        return result
    }

    private func add(_ event: FrameReader.Event, to result: inout [Read]) {
        switch event {
        case .close(let payload): result.append(.close(payload))
        case .ping(let payload): result.append(.ping(payload))
        case .pong(let payload): result.append(.pong(payload))
        case .data(let bytes, let piece):
            if !piece.isFirst,
                let index = result.lastIndex(where: { if case .message(_, _, false) = $0 { true } else { false } }),
                case .message(let before, _, _) = result[index]
            {
                result[index] = unsafe .message(before + Array(bytes), isBinary: piece.isBinary, isFinal: piece.isFinal)
            } else {
                #expect(piece.isFirst)
                result.append(
                    unsafe .message(Array(bytes), isBinary: piece.isBinary, isFinal: piece.isFinal)
                )
            }
        }
    }

    private let mixed: [RawFrame] = [
        .text("hello"), RawFrame(.ping, Array("are you there".utf8)),
        RawFrame(.binary, isFinal: false, [1, 2, 3]), RawFrame(.pong, []),
        RawFrame(.continuation, isFinal: false, Array(repeating: 7, count: 300)),
        RawFrame(.continuation, []), .text(""), RawFrame(.binary, Array(repeating: 9, count: 70_000)),
        .close(1000, "bye"),
    ]

    private let expected: [Read] = [
        .message(Array("hello".utf8), isBinary: false, isFinal: true), .ping(Array("are you there".utf8)),
        .message([1, 2, 3] + Array(repeating: 7, count: 300), isBinary: true, isFinal: true), .pong([]),
        .message([], isBinary: false, isFinal: true),
        .message(Array(repeating: 9, count: 70_000), isBinary: true, isFinal: true),
        .close([0x03, 0xE8] + Array("bye".utf8)),
    ]

    @Test(arguments: [WebSocketRole.server, .client])
    func `frames are the same in whatever pieces they come`(role: WebSocketRole) {
        let bytes = mixed.flatMap { $0.encoded(masked: role == .server) }
        #expect(read([bytes], role: role) == expected)
        #expect(read(bytes.map { [$0] }, role: role) == expected)
        var random = SplitMix(state: 7)
        for _ in 0..<50 {
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int(random.next() % (random.next() % 2 == 0 ? 20 : 5_000)) + 1
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(read(pieces, role: role) == expected)
        }
    }

    @Test func `a frame that is only announced is told at once, so that one too long is refused early`() {
        var reader = FrameReader(role: .client)
        var header: [UInt8] = [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0]
        unsafe header.withUnsafeMutableBytes { buffer in
            var input = unsafe buffer
            guard case .data(let bytes, let piece)? = try? unsafe reader.next(&input) else {
                Issue.record("nothing was told")
                return
            }
            #expect(unsafe bytes.isEmpty && piece.isFirst && !piece.isFinal && piece.remainingInFrame == 1 << 32)
        }
    }

    @Test(
        arguments: [
            ([0x83, 0x80, 0, 0, 0, 0], "opcode 3 is not defined"),
            ([0x8B, 0x80, 0, 0, 0, 0], "opcode 11 is not defined"),
            ([0x81, 0x01, 0x61], "frame is not masked"), ([0x09, 0x80, 0, 0, 0, 0], "control frame is fragmented"),
            ([0x89, 0xFE, 0, 126, 0, 0, 0, 0], "control frame is too long"),
            ([0xC9, 0x80, 0, 0, 0, 0], "reserved bits are set"),
            ([0x80, 0x80, 0, 0, 0, 0], "there is no message to continue"),
            ([0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0], "message begins within another"),
            ([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "frame length is negative"),
            ([0x82, 0xFE, 0, 125, 0, 0, 0, 0], "frame length is not in its shortest form"),
            ([0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], "frame length is not in its shortest form"),
        ] as [([UInt8], String)]
    )
    func `what breaks the framing is refused, in one piece and byte by byte`(bytes: [UInt8], reason: String) {
        #expect(read([bytes]).last == .failure(reason))
        #expect(read(bytes.map { [$0] }).last == .failure(reason))
    }

    @Test func `a server's frames must not be masked`() {
        #expect(read([RawFrame.text("x").encoded(masked: true)], role: .client) == [.failure("frame is masked")])
    }

    @Test(arguments: 0..<9) func `masking goes on where it stopped`(offset: Int) {
        let key: UInt32 = 0x1234_5678
        var whole = (0..<40).map { UInt8($0) }
        var parts = whole
        unsafe whole.withUnsafeMutableBytes { unsafe Masking.apply(key, at: 0, to: $0) }
        unsafe parts.withUnsafeMutableBytes {
            unsafe Masking.apply(key, at: 0, to: UnsafeMutableRawBufferPointer(rebasing: $0[..<offset]))
            unsafe Masking.apply(key, at: offset, to: UnsafeMutableRawBufferPointer(rebasing: $0[offset...]))
        }
        #expect(parts == whole)
    }
}
