import Testing

@testable import LWSSwift

/// How a member that stands apart reads a log, without a socket.
@Suite struct MemberCursorTests {
    private let pool = SlabPool()

    /// Runs `body` with a log and a cursor at its beginning, ends both, and checks that all memory was given back.
    private func withCursor(_ body: (inout MemberCursor, inout FrameLog) -> Void) {
        var log = FrameLog(pool)
        var cursor = MemberCursor()
        cursor.begin(at: log.end, in: &log)
        body(&cursor, &log)
        cursor.end(in: &log)
        log.markFlushed()
        #expect(pool.takenSlabs == 0, "nobody is to read anything")
        log.removeAll()
    }

    /// Reads everything up to the last flush; gives the number of bytes.
    private func readFlushed(_ cursor: inout MemberCursor, _ log: inout FrameLog) -> Int {
        var count = 0
        while let piece = cursor.peek(limit: log.flushed, in: &log) {
            count += piece.count
            cursor.advance(to: piece.end, in: &log)
        }
        return count
    }

    /// Reads the rest of a slab.
    private func readPiece(_ cursor: inout MemberCursor, _ log: inout FrameLog) {
        guard let piece = cursor.peek(limit: log.end, in: &log) else { return }
        cursor.advance(to: piece.end, in: &log)
    }

    @Test func `who has read everything that was flushed has caught up`() {
        withCursor { cursor, log in
            log.append(100)
            #expect(
                cursor.arrive(in: &log).counted == .hasCaughtUp(lostMessages: 0),
                "what is not flushed is for all alike"
            )
            log.markFlushed()
            #expect(cursor.arrive(in: &log).counted == .isBehind)
            #expect(cursor.bytesBehind(in: &log) == 102)
            #expect(readFlushed(&cursor, &log) == 102)
            #expect(cursor.arrive(in: &log).counted == .hasCaughtUp(lostMessages: 0))
        }
    }

    @Test func `own messages are left out, and who has one before it waits for the flush`() {
        withCursor { cursor, log in
            log.append(10)
            cursor.leaveOut(log.append(1_000))
            cursor.leaveOut(log.append(70_000))
            log.append(20)
            log.markFlushed()
            cursor.leaveOut(log.append(3_000))
            #expect(readFlushed(&cursor, &log) == 12 + 22)
            #expect(cursor.arrive(in: &log).counted == .waitsForNextFlush(lostMessages: 0))
            log.markFlushed()
            #expect(readFlushed(&cursor, &log) == 0)
            #expect(cursor.arrive(in: &log).counted == .hasCaughtUp(lostMessages: 0))
        }
    }

    @Test func `the oldest messages are dropped to half of what is too much, but not the rest of one`() {
        withCursor { cursor, log in
            let payload = LaneFraming.webSocket.maximumPayloadBytes
            log.append(3 * payload)
            for _ in 0..<10 { log.append(60_000) }
            cursor.leaveOut(log.append(60_000))
            for _ in 0..<4 { log.append(60_000) }
            log.markFlushed()
            readPiece(&cursor, &log)
            #expect(cursor.isWithinMessage(in: &log) == true)
            #expect(cursor.isBehind(by: 500_000, in: &log) == true)
            let lost = cursor.dropOldest(maximumBytes: 500_000, earliest: nil, in: &log)
            #expect(lost?.tally.publications == 10, "four are kept; one more was its own")
            #expect(cursor.isBehind(by: 500_000, in: &log) == false)
            #expect(
                pool.takenSlabs == 3 + 1 + 4,
                "the long message, where the gap begins, and what is kept"
            )
            #expect(readFlushed(&cursor, &log) == 2 * (payload + 4) + 4 * 60_004)
            #expect(cursor.arrive(in: &log).counted == .hasCaughtUp(lostMessages: 0))
        }
    }

    @Test func `who drops the newest reads what it is behind, and hears how many messages it lost`() {
        withCursor { cursor, log in
            log.append(60_000)
            cursor.dropNewest(in: &log)
            for _ in 0..<5 { log.append(60_000) }
            cursor.leaveOut(log.append(60_000))
            log.markFlushed()
            #expect(pool.takenSlabs == 1 + 1, "what it reads, and the last")
            #expect(cursor.arrive(in: &log).counted == .isBehind)
            #expect(readFlushed(&cursor, &log) == 60_004)
            #expect(cursor.arrive(in: &log).counted == .hasCaughtUp(lostMessages: 5))
            log.append(7)
            log.markFlushed()
            #expect(readFlushed(&cursor, &log) == 9)
        }
    }

    @Test func `what was lost behind a stop is told once, in parts if need be`() {
        withCursor { cursor, log in
            log.append(100)
            cursor.dropNewest(in: &log)
            #expect(cursor.untoldLoss(in: log) == nil)
            for _ in 0..<3 { log.append(100) }
            cursor.leaveOut(log.append(100))
            let first = cursor.untoldLoss(in: log)
            #expect(first?.tally.publications == 3 && first?.after == 1 && first?.through == 5)
            cursor.tellLoss(in: log)
            #expect(cursor.untoldLoss(in: log) == nil)
            log.append(100)
            let second = cursor.untoldLoss(in: log)
            #expect(second?.tally.publications == 1 && second?.after == 5 && second?.through == 6)
            log.markFlushed()
            #expect(readFlushed(&cursor, &log) == 102)
            #expect(cursor.arrive(in: &log).counted == .hasCaughtUp(lostMessages: 4))
            #expect(cursor.untoldLoss(in: log) == nil)
        }
    }

    @Test func `who leaves within a message reads it to its end, and nothing more`() {
        withCursor { cursor, log in
            log.append(200_000)
            log.append(10)
            log.markFlushed()
            readPiece(&cursor, &log)
            cursor.readToEndOfMessage(in: &log)
            #expect(cursor.isLeaving == true)
            log.append(10)
            log.markFlushed()
            let read = SlabPool.slabBytes
            #expect(readFlushed(&cursor, &log) == 200_000 + 4 * 4 - read)
            #expect(cursor.arrive(in: &log).counted == .hasStopped(.leave))
        }
    }

    /// It would trap: the slab behind the place where it stops may have gone when the connection looks at it again.
    @Test func `who has come to its stop is within no message, whatever becomes of what follows`() {
        withCursor { cursor, log in
            log.append(60_000)
            cursor.readNoFurther(in: &log)
            for _ in 0..<3 { log.append(60_000) }
            log.markFlushed()
            #expect(readFlushed(&cursor, &log) == 60_004)
            #expect(cursor.isWithinMessage(in: &log) == false)
            #expect(cursor.arrive(in: &log).counted == .hasStopped(.close))
        }
    }

    @Test func `what goes before a frame that is queued now is everything up to the end, or the stop`() {
        withCursor { cursor, log in
            #expect(cursor.unreadEnd(in: &log) == nil)
            let first = log.append(10)
            #expect(cursor.unreadEnd(in: &log) == first.upperBound)
            cursor.readNoFurther(in: &log)
            log.append(10)
            #expect(cursor.unreadEnd(in: &log) == first.upperBound)
        }
    }
}
