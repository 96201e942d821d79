import Testing

@testable import LWSSwift

/// Cursors of one log against a naive model that keeps a queue of messages for each, through many operations that a seed
/// determines.
@Suite struct MemberCursorModelTests {
    @Test(arguments: 0..<16 as Range<UInt64>)
    func `whatever is done, each reads whole messages in order, and every one that it neither sent nor lost`(
        seed: UInt64
    ) {
        var run = Run(seed)
        for _ in 0..<600 {
            run.step()
            run.check()
        }
        run.end()
    }

    private struct Message {
        let range: Range<LogPosition>
        let startByte: Int
        let bytes: [UInt8]
    }

    private enum Policy: CaseIterable {
        case keep, dropOldest, dropNewest
    }

    /// A member that stands apart, as the model sees it.
    private final class Reader {
        let policy: Policy
        var cursor = MemberCursor()
        /// Messages it is to read, and its own between them.
        var queue: [(message: Int, isOwn: Bool)] = []
        /// The message that it has read a part of, and the rest.
        var current = 0
        var rest: ArraySlice<UInt8> = []
        var stop: MemberCursor.StopPurpose?
        /// Messages of others since it has stopped, and those of them that it was told of.
        var missed = 0
        var told = 0

        init(_ policy: Policy) {
            self.policy = policy
        }

        /// Takes bytes that it was to read; false when it was to read others.
        func read(_ bytes: UnsafeRawBufferPointer, _ messages: [Message]) -> Bool {
            var bytes = unsafe Array(bytes)[...]
            while !bytes.isEmpty {
                if rest.isEmpty {
                    dropOwn { _ in true }
                    guard !queue.isEmpty else { return false }
                    current = queue.removeFirst().message
                    rest = messages[current].bytes[...]
                }
                let count = min(rest.count, bytes.count)
                guard rest.prefix(count) == bytes.prefix(count) else { return false }
                rest = rest.dropFirst(count)
                bytes = bytes.dropFirst(count)
            }
            return true
        }

        /// Own messages at the head of the queue may have been passed.
        func dropOwn(while isPassed: (Int) -> Bool) {
            while let first = queue.first, first.isOwn, isPassed(first.message) { queue.removeFirst() }
        }

        var others: [Int] { queue.filter { !$0.isOwn }.map(\.message) }
    }

    private struct Run {
        private var random: SplitMix
        private let pool = SlabPool()
        private var log: FrameLog
        private var messages: [Message] = []
        private var flushedMessages = 0
        private var byteCount = 0
        private var readers: [Reader] = []

        init(_ seed: UInt64) {
            random = SplitMix(state: seed)
            log = FrameLog(pool)
        }

        mutating func step() {
            switch Int.random(in: 0..<24, using: &random) {
            case 0..<7: append()
            case 7..<10: flush()
            case 10..<12: begin()
            case 12..<18: read()
            case 18..<20: arrive()
            case 20: Bool.random(using: &random) ? drop() : tell()
            case 21: close()
            case 22: leave()
            default: if Int.random(in: 0..<4, using: &random) == 0 { finishOne() }
            }
        }

        private mutating func append() {
            let sender = Bool.random(using: &random) ? readers.randomElement(using: &random) : nil
            let count =
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5: Int.random(in: 0...300, using: &random)
                case 5..<9: Int.random(in: 0...65_000, using: &random)
                default: Int.random(in: 60_000...220_000, using: &random)
                }
            let message = WebSocketMessage.binary(
                [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: count)
            )
            let range = log.append(message.kind, message.bytes).range
            messages.append(Message(range: range, startByte: byteCount, bytes: message.framed))
            byteCount += message.framed.count
            for reader in readers {
                let isOwn = reader === sender
                if isOwn { reader.cursor.leaveOut(range) }
                if reader.stop == nil {
                    reader.queue.append((messages.count - 1, isOwn))
                } else if !isOwn {
                    reader.missed += 1
                }
            }
        }

        private mutating func flush() {
            log.markFlushed()
            flushedMessages = messages.count
        }

        /// As one that sends or joins, or whose socket is full in the middle of a flush.
        private mutating func begin() {
            guard readers.count < 5 else { return }
            let reader = Reader(Policy.allCases.randomElement(using: &random) ?? .keep)
            let position: LogPosition
            switch Int.random(in: 0..<3, using: &random) {
            case 0: position = log.end
            case 1: position = log.flushed
            default: position = log.piece(at: log.flushed, limit: log.end)?.end ?? log.flushed
            }
            let byte = byteCount - log.bytesBehind(position)
            for (number, message) in messages.enumerated() where message.startByte + message.bytes.count > byte {
                if message.startByte >= byte {
                    reader.queue.append((number, false))
                } else {
                    reader.current = number
                    reader.rest = message.bytes[(byte - message.startByte)...]
                }
            }
            reader.cursor.begin(at: position, in: &log)
            readers.append(reader)
        }

        private mutating func read() {
            guard let reader = readers.randomElement(using: &random) else { return }
            let limit = Int.random(in: 0..<4, using: &random) == 0 ? log.end : log.flushed
            guard let piece = reader.cursor.peek(limit: limit, in: &log) else {
                #expect(reader.others.allSatisfy { messages[$0].range.lowerBound >= limit }, "nothing is held back")
                #expect(reader.rest.isEmpty || messages[reader.current].range.lowerBound >= limit)
                return
            }
            let bytes = unsafe UnsafeRawBufferPointer(start: piece.start, count: piece.count)
            #expect(unsafe reader.read(bytes, messages), "it was to read something else")
            reader.cursor.advance(to: piece.end, in: &log)
        }

        private mutating func arrive() {
            guard let index = readers.indices.randomElement(using: &random) else { return }
            let reader = readers[index]
            var unread = reader.others
            if !reader.rest.isEmpty { unread.insert(reader.current, at: 0) }
            let arrival = reader.cursor.arrive(in: &log).counted
            if reader.stop != nil
                ? !unread.isEmpty : unread.contains(where: { $0 < flushedMessages })
            {
                #expect(arrival == .isBehind)
            } else if let purpose = reader.stop, purpose != .catchUp {
                #expect(arrival == .hasStopped(purpose))
                if purpose == .leave { finish(index) }
            } else if reader.stop != nil {
                let lost = reader.missed
                #expect(
                    arrival
                        == (log.flushed == log.end
                            ? .hasCaughtUp(lostMessages: lost) : .waitsForNextFlush(lostMessages: lost))
                )
                (reader.stop, reader.missed, reader.told, reader.queue) = (nil, 0, 0, [])
            } else {
                reader.dropOwn { $0 < flushedMessages }
                // What it lost behind the flush is passed over with the next one.
                let passes = reader.policy == .dropOldest && arrival == .waitsForNextFlush(lostMessages: 0)
                let waits = passes || reader.queue.contains(where: \.isOwn) || reader.cursor.position > log.flushed
                #expect(arrival == (waits ? .waitsForNextFlush(lostMessages: 0) : .hasCaughtUp(lostMessages: 0)))
                // It is written to with all others then.
                if !waits { finish(index) }
            }
        }

        private mutating func drop() {
            guard let reader = readers.randomElement(using: &random), reader.stop == nil else { return }
            switch reader.policy {
            case .keep: break
            case .dropNewest:
                reader.cursor.dropNewest(in: &log)
                reader.stop = .catchUp
            case .dropOldest:
                let bytesBehind = reader.cursor.bytesBehind(in: &log)
                let maximum = Int.random(in: 0...max(1, bytesBehind * 2), using: &random)
                let unread = messages.indices.filter { messages[$0].range.lowerBound >= reader.cursor.position }
                let earliest =
                    Bool.random(using: &random)
                    ? unread.randomElement(using: &random).map { messages[$0].range.lowerBound } : nil
                var first = reader.cursor.position
                if bytesBehind > maximum { first = log.message(within: maximum / 2) }
                if let earliest { first = max(first, earliest) }
                let lost = reader.others.count { messages[$0].range.lowerBound < first }
                let loss = reader.cursor.dropOldest(maximumBytes: maximum, earliest: earliest, in: &log)
                #expect(loss?.tally.publications ?? 0 == lost)
                reader.queue.removeAll { messages[$0.message].range.lowerBound < first }
            }
        }

        private mutating func tell() {
            guard let reader = readers.randomElement(using: &random) else { return }
            let untold = reader.stop == .catchUp ? reader.missed - reader.told : 0
            #expect(reader.cursor.untoldLoss(in: log)?.tally.publications ?? 0 == untold)
            reader.cursor.tellLoss(in: log)
            reader.told = reader.missed
        }

        private mutating func close() {
            guard let index = readers.indices.randomElement(using: &random) else { return }
            let reader = readers[index]
            guard reader.cursor.unreadEnd(in: &log) != nil else { return finish(index) }
            reader.cursor.readNoFurther(in: &log)
            if reader.stop != .leave { reader.stop = .close }
        }

        private mutating func leave() {
            guard let index = readers.indices.randomElement(using: &random) else { return }
            let reader = readers[index]
            guard reader.stop == nil || reader.stop == .catchUp else { return }
            guard reader.cursor.isWithinMessage(in: &log) else { return finish(index) }
            reader.cursor.readToEndOfMessage(in: &log)
            reader.stop = .leave
            reader.queue = []
        }

        private mutating func finishOne() {
            if let index = readers.indices.randomElement(using: &random) { finish(index) }
        }

        private mutating func finish(_ index: Int) {
            readers.remove(at: index).cursor.end(in: &log)
        }

        // MARK: Checks

        mutating func check() {
            for reader in readers {
                #expect(reader.cursor.isWithinMessage(in: &log) == !reader.rest.isEmpty)
                #expect(reader.cursor.isStopping == (reader.stop != nil))
                #expect(reader.cursor.isLeaving == (reader.stop == .leave))
                let unread = reader.others.reduce(reader.rest.count) { $0 + messages[$1].bytes.count }
                let own = reader.queue.filter(\.isOwn).reduce(0) { $0 + messages[$1.message].bytes.count }
                #expect(unread...unread + own ~= reader.cursor.bytesBehind(in: &log))
            }
        }

        mutating func end() {
            while !readers.isEmpty { finish(readers.count - 1) }
            flush()
            #expect(pool.takenSlabs == 0)
            log.removeAll()
        }
    }
}
