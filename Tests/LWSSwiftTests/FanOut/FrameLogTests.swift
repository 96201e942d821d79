import TestSupport
import Testing

@testable import LWSSwift

@Suite struct FrameLogTests {
    private let pool = SlabPool()

    /// Runs `body` with a log, and checks that it gave all its memory back.
    private func withLog(_ body: (inout FrameLog) -> Void) {
        var log = FrameLog(pool)
        body(&log)
        log.markFlushed()
        #expect(pool.takenSlabs == 0, "everybody has everything")
        log.removeAll()
    }

    private static let start = LogPosition(slab: 0, offset: 0)

    // MARK: Appending

    @Test(arguments: [
        0, 1, 125, 126, LaneFraming.webSocket.maximumPayloadBytes, LaneFraming.webSocket.maximumPayloadBytes + 1,
        65_536,
        2 * LaneFraming.webSocket.maximumPayloadBytes, 200_000, 1 << 20,
    ])
    func `a message reads as the frames that RFC 6455 asks for`(count: Int) {
        withLog { log in
            for kind in [WebSocketMessage.Kind.text, .binary] {
                let message = WebSocketMessage(uncheckedKind: kind, bytes: [UInt8](repeating: 97, count: count))
                let range = log.append(message.kind, message.bytes).range
                #expect(log.read(from: range.lowerBound, to: range.upperBound).bytes == message.framed)
                #expect(range.upperBound == log.end)
            }
        }
    }

    @Test(arguments: [0, 1, 5, LaneFraming.webSocket.maximumPayloadBytes, 150_000], [0, 1, 60_000, 200_000])
    func `text before a message makes one message with it`(prefixCount: Int, count: Int) {
        withLog { log in
            log.append(10_000)
            let (prefix, text) = (String(repeating: "p", count: prefixCount), String(repeating: "t", count: count))
            let range = log.append(.text, prefix: prefix, Array(text.utf8)).range
            let whole = WebSocketMessage.text(prefix + text)
            #expect(log.read(from: range.lowerBound, to: range.upperBound).bytes == whole.framed)
        }
    }

    @Test func `a binary message is never altered`() {
        withLog { log in
            let range = log.append(.binary, prefix: "ann: ", [0, 255]).range
            #expect(log.read(from: range.lowerBound, to: range.upperBound).bytes == [0x82, 2, 0, 255])
        }
    }

    @Test func `a compressed message has RSV1 on its first frame only`() {
        withLog { log in
            let range = log.append(.text, [UInt8](repeating: 1, count: 100_000), isCompressed: true).range
            let bytes = log.read(from: range.lowerBound, to: range.upperBound).bytes
            #expect(bytes[0] == 0x41, "text, RSV1, not final")
            #expect(bytes[4 + LaneFraming.webSocket.maximumPayloadBytes] == 0x80, "continuation, final")
        }
    }

    @Test func `messages follow one another, and a piece is the rest of a slab`() {
        withLog { log in
            var expected: [UInt8] = []
            for number in 0..<1_000 {
                let message = WebSocketMessage.text("message \(number) \(String(repeating: "x", count: number))")
                log.append(message.kind, message.bytes)
                expected += message.framed
            }
            let (bytes, pieces) = log.read(from: Self.start, to: log.end)
            #expect(bytes == expected)
            #expect(log.byteCount == expected.count && log.tally.publications == 1_000)
            #expect(pieces == pool.takenSlabs)
            #expect(pieces <= 1 + expected.count / (SlabPool.slabBytes - 1_100), "slabs are filled")
        }
    }

    @Test func `a frame never spans slabs`() {
        withLog { log in
            for _ in 0..<20 { log.append(50_000) }
            var position = Self.start
            while let piece = log.piece(at: position, limit: log.end) {
                let frame = unsafe SentFrame(at: piece.start)
                #expect(frame.byteCount == piece.count && frame.opcode == .binary)
                position = piece.end
            }
            #expect(pool.takenSlabs == 20)
        }
    }

    @Test func `nothing is read beyond the limit`() {
        withLog { log in
            let first = log.append(100)
            let second = log.append(70_000)
            #expect(log.read(from: Self.start, to: first.upperBound).bytes.count == 102)
            #expect(log.piece(at: first.upperBound, limit: first.upperBound) == nil)
            #expect(log.read(from: first.upperBound, to: second.upperBound).bytes.count == 70_000 + 4 + 4)
            #expect(log.piece(at: log.end, limit: log.end) == nil)
        }
    }

    // MARK: Memory

    @Test func `what is flushed is freed when nobody is behind, and what is not is kept`() {
        withLog { log in
            for _ in 0..<5 { log.append(60_000) }
            #expect(pool.takenSlabs == 5)
            log.markFlushed()
            #expect(pool.takenSlabs == 0)
            let range = log.append(10)
            #expect(log.read(from: log.flushed, to: log.end).bytes.count == 12)
            #expect(range.lowerBound >= log.flushed && log.byteCount == 5 * 60_004 + 12)
        }
    }

    @Test func `each slab is freed when the last of those behind has passed it`() {
        withLog { log in
            let ranges = (0..<6).map { _ in log.append(60_000) }
            log.addReader(at: ranges[0].lowerBound)
            log.addReader(at: ranges[2].lowerBound)
            log.markFlushed()
            #expect(pool.takenSlabs == 6)
            log.moveReader(from: ranges[0].lowerBound, to: ranges[1].lowerBound)
            #expect(pool.takenSlabs == 5)
            log.moveReader(from: ranges[2].lowerBound, to: ranges[5].lowerBound)
            #expect(pool.takenSlabs == 5, "the first reader needs them")
            log.moveReader(from: ranges[1].lowerBound, to: ranges[5].lowerBound)
            #expect(pool.takenSlabs == 1)
            log.removeReader(at: ranges[5].lowerBound)
            #expect(pool.takenSlabs == 1)
            log.removeReader(at: ranges[5].lowerBound)
            #expect(pool.takenSlabs == 0)
        }
    }

    @Test func `a reader needs what is appended later too, until it goes`() {
        withLog { log in
            log.append(10)
            let position = log.end
            log.addReader(at: position)
            log.markFlushed()
            for _ in 0..<3 {
                log.append(60_000)
                log.markFlushed()
            }
            #expect(log.read(from: position, to: log.end).bytes.count == 3 * 60_004)
            log.removeReader(at: position)
            #expect(pool.takenSlabs == 0)
        }
    }

    @Test func `a slab in the middle that nobody will read is freed before those around it`() {
        withLog { log in
            let ranges = (0..<8).map { _ in log.append(60_000) }
            log.addReader(at: ranges[0].lowerBound)
            log.markFlushed()
            // A reader that is stuck in the first slab will go on with the seventh.
            log.moveReader(from: ranges[1].lowerBound, to: ranges[6].lowerBound)
            #expect(pool.takenSlabs == 3)
            #expect(log.read(from: ranges[0].lowerBound, to: ranges[0].upperBound).bytes.count == 60_004)
            #expect(log.read(from: ranges[6].lowerBound, to: log.end).bytes.count == 2 * 60_004)
            #expect(log.bytesBehind(ranges[6].lowerBound) == 2 * 60_004)
            // Another one that falls behind now is in nobody's way.
            log.addReader(at: log.end)
            log.append(60_000)
            log.moveReader(from: ranges[0].lowerBound, to: ranges[1].lowerBound)
            #expect(log.oldest == ranges[6].lowerBound)
            log.removeReader(at: ranges[6].lowerBound)
            log.markFlushed()
            #expect(pool.takenSlabs == 2, "the other's: the slab it stands in, and the next")
            log.removeReader(at: ranges[7].upperBound)
        }
    }

    @Test func `a reader that was closed needs nothing newer`() {
        withLog { log in
            let ranges = (0..<3).map { _ in log.append(60_000) }
            log.addReader(at: ranges[0].lowerBound)
            log.closeReader(at: ranges[1].upperBound)
            log.markFlushed()
            #expect(pool.takenSlabs == 3, "the last one says where the end is")
            for _ in 0..<5 { log.append(60_000) }
            log.markFlushed()
            #expect(pool.takenSlabs == 3)
            log.moveReader(from: ranges[0].lowerBound, to: ranges[1].lowerBound)
            #expect(pool.takenSlabs == 2)
            log.removeReader(at: ranges[1].lowerBound, closedAt: ranges[1].upperBound)
            #expect(pool.takenSlabs == 0)
        }
    }

    @Test func `a log that is emptied goes on where it was`() {
        withLog { log in
            var end = log.end
            for _ in 0..<100 {
                let range = log.append(40_000)
                #expect(range.lowerBound >= end)
                end = range.upperBound
                log.markFlushed()
                #expect(pool.takenSlabs == 0)
                #expect(log.flushed == log.end && log.bytesBehind(log.end) == 0)
                #expect(log.piece(at: log.flushed, limit: log.end) == nil)
            }
            #expect(log.byteCount == 100 * 40_004 && log.tally.publications == 100)
        }
    }

    @Test func `the end of the loop frees what is left`() {
        var log = FrameLog(pool)
        for _ in 0..<50 { log.append(60_000) }
        log.addReader(at: Self.start)
        log.removeAll()
        #expect(pool.takenSlabs == 0)
    }

    @Test func `a reader that was closed where a slab begins lets go of what it held`() {
        withLog { log in
            let ranges = (0..<2).map { _ in log.append(60_000) }
            log.addReader(at: ranges[0].lowerBound)
            log.closeReader(at: ranges[1].lowerBound)
            log.markFlushed()
            #expect(pool.takenSlabs == 2)
            log.removeReader(at: ranges[0].upperBound, closedAt: ranges[1].lowerBound)
        }
    }

    @Test func `a reader that was closed while the log was empty is not counted by what comes later`() {
        withLog { log in
            let start = log.end
            log.addReader(at: start)
            log.closeReader(at: start)
            log.append(1)
            log.removeReader(at: start, closedAt: start)
        }
    }

    // MARK: Measuring

    @Test func `bytes and messages behind are counted over slabs and fragments`() {
        withLog { log in
            log.addReader(at: Self.start)
            let small = log.append(10)
            let large = log.append(200_000)
            let last = log.append(10)
            let fragment = LaneFraming.webSocket.maximumPayloadBytes
            let total = 12 + 200_000 + 3 * 4 + 4 + 12
            #expect(200_000 / fragment == 3 && 200_000 % fragment > 125, "four frames with a header of 4 bytes each")
            #expect(log.byteCount == total)
            #expect(log.bytesBehind(small.lowerBound) == total)
            #expect(log.bytesBehind(large.lowerBound) == total - 12)
            #expect(log.bytesBehind(last.lowerBound) == 12)
            #expect(log.bytesBehind(log.end) == 0)
            #expect(log.messages(before: small.lowerBound).tally.publications == 0)
            #expect(log.messages(before: large.lowerBound).tally.publications == 1)
            #expect(log.messages(before: last.lowerBound).tally.publications == 2)
            #expect(log.messages(before: log.end).tally.publications == 3)
            // In the middle of the large one: behind its first fragment.
            let middle = LogPosition(slab: large.lowerBound.slab + 1, offset: SlabPool.slabBytes)
            #expect(log.messages(before: middle).tally.publications == 2)
            #expect(log.nextMessage(from: middle) == last.lowerBound)
            #expect(log.nextMessage(from: large.lowerBound) == large.lowerBound)
            #expect(log.nextMessage(from: last.upperBound) == log.end)
            log.removeReader(at: Self.start)
        }
    }

    @Test func `a message within some bytes of the end is the first of a slab, or the end`() {
        withLog { log in
            log.addReader(at: Self.start)
            #expect(log.message(within: 0) == log.end)
            let ranges = (0..<4).map { _ in log.append(60_000) }
            #expect(log.message(within: .max) == ranges[0].lowerBound)
            #expect(log.message(within: 4 * 60_004) == ranges[0].lowerBound)
            #expect(log.message(within: 4 * 60_004 - 1) == ranges[1].lowerBound)
            #expect(log.message(within: 60_004) == ranges[3].lowerBound)
            #expect(log.message(within: 60_003) == log.end)
            // Slabs that have only the rest of a message are no place to begin.
            let large = log.append(150_000)
            let next = log.append(50_000)
            #expect(log.message(within: 140_000) == next.lowerBound)
            #expect(log.message(within: log.bytesBehind(large.lowerBound)) == large.lowerBound)
            log.removeReader(at: Self.start)
        }
    }
}
