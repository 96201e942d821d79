import Testing

@testable import LWSSwift

/// The log against a naive model that keeps every byte, through many operations that a seed determines.
@Suite struct FrameLogModelTests {
    @Test(arguments: 0..<24 as Range<UInt64>)
    func `whatever is done, readers read every byte, and exactly what nobody needs is freed`(seed: UInt64) {
        var run = Run(seed)
        for _ in 0..<600 {
            run.step()
            run.check()
        }
        run.end()
    }

    /// A member that is behind, as the model sees it.
    private struct Reader {
        var position: LogPosition
        /// The same as a number of bytes.
        var byte: Int
        /// Where it reads no further; nil while it is open.
        var stop: (position: LogPosition, byte: Int)?
        /// What it leaves out once it has come to its start. The slabs inside were given up already.
        var gap: (start: LogPosition, end: LogPosition, endByte: Int)?

        func needs(_ slab: Int) -> Bool {
            if let gap {
                return position.slab...gap.start.slab ~= slab || gap.end.slab <= slab
            }
            return position.slab <= slab && slab <= stop?.position.slab ?? .max
        }
    }

    private struct Run {
        private var random: SplitMix
        private let pool = SlabPool()
        private var log: FrameLog
        // The model.
        private var history: [UInt8] = []
        private var messages: [(start: LogPosition, byte: Int)] = []
        private var slabBytes: [Int: Int] = [:]
        private var flushedSlabBytes: [Int: Int] = [:]
        private var readers: [Reader] = []

        init(_ seed: UInt64) {
            random = SplitMix(state: seed)
            log = FrameLog(pool)
        }

        mutating func step() {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<7: append()
            case 7..<10: flush()
            case 10: addReader()
            case 11..<17: read()
            case 17: closeReader()
            case 18: leaveOut()
            default: removeReader()
            }
        }

        private mutating func append() {
            let count =
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<6: Int.random(in: 0...300, using: &random)
                case 6..<9: Int.random(in: 0...40_000, using: &random)
                default: Int.random(in: 60_000...220_000, using: &random)
                }
            let message = WebSocketMessage.binary(
                [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: count)
            )
            let range = log.append(message.kind, message.bytes).range
            messages.append((range.lowerBound, history.count))
            history += message.framed
            // The fragments but the last are as large as may be, so none shares a slab with another.
            for slab in range.lowerBound.slab..<range.upperBound.slab {
                let isFirst = slab == range.lowerBound.slab
                slabBytes[slab] =
                    (isFirst ? range.lowerBound.offset : 0) + LaneFraming.webSocket.maximumPayloadBytes + 4
            }
            slabBytes[range.upperBound.slab] = range.upperBound.offset
        }

        private mutating func flush() {
            log.markFlushed()
            flushedSlabBytes = slabBytes
        }

        private mutating func addReader() {
            guard readers.count < 6 else { return }
            // As one that falls behind in a flush, or joins in the middle of a turn.
            let position: LogPosition
            if Bool.random(using: &random) {
                position = log.end
            } else if let piece = log.piece(at: log.flushed, limit: log.end) {
                position = piece.end
            } else {
                position = log.flushed
            }
            log.addReader(at: position)
            readers.append(Reader(position: position, byte: history.count - log.bytesBehind(position)))
        }

        private mutating func read() {
            guard let index = readers.indices.randomElement(using: &random) else { return }
            var reader = readers[index]
            if let gap = reader.gap, log.piece(at: reader.position, limit: gap.start) == nil {
                let behind = LogPosition(slab: min(gap.start.slab + 1, gap.end.slab), offset: 0)
                log.moveReader(from: reader.position, to: behind)
                reader.position = gap.end
                reader.byte = gap.endByte
                reader.gap = nil
            } else {
                var limit = Bool.random(using: &random) ? log.end : log.flushed
                if let stop = reader.stop { limit = min(limit, stop.position) }
                if let gap = reader.gap { limit = min(limit, gap.start) }
                guard let piece = log.piece(at: reader.position, limit: limit) else { return }
                let expected = history[reader.byte..<reader.byte + piece.count]
                #expect(unsafe UnsafeRawBufferPointer(start: piece.start, count: piece.count).elementsEqual(expected))
                log.moveReader(from: reader.position, to: piece.end)
                reader.position = piece.end
                reader.byte += piece.count
            }
            readers[index] = reader
        }

        private mutating func closeReader() {
            guard let index = readers.indices.randomElement(using: &random), readers[index].stop == nil,
                readers[index].gap == nil, readers[index].position < log.end
            else { return }
            log.closeReader(at: log.end)
            readers[index].stop = (log.end, history.count)
        }

        /// Gives up the older part of what a reader is behind, as `dropOldest` does.
        private mutating func leaveOut() {
            guard let index = readers.indices.randomElement(using: &random), readers[index].stop == nil,
                readers[index].gap == nil
            else { return }
            let reader = readers[index]
            let start = log.nextMessage(from: reader.position)
            let end = log.message(within: Int.random(in: 0...max(1, log.bytesBehind(reader.position)), using: &random))
            guard start < end else { return }
            #expect(log.messages(before: end) - log.messages(before: start) == messages(start, end))
            readers[index].gap = (start, end, history.count - log.bytesBehind(end))
            guard start.slab + 1 < end.slab else { return }
            log.moveReader(
                from: LogPosition(slab: start.slab + 1, offset: 0),
                to: LogPosition(slab: end.slab, offset: 0)
            )
        }

        private func messages(_ start: LogPosition, _ end: LogPosition) -> Int {
            messages.count { start <= $0.start && $0.start < end }
        }

        private mutating func removeReader() {
            guard let index = readers.indices.randomElement(using: &random) else { return }
            remove(readers.remove(at: index))
        }

        private mutating func remove(_ reader: Reader) {
            var position = reader.position
            if let gap = reader.gap {
                log.moveReader(from: position, to: LogPosition(slab: min(gap.start.slab + 1, gap.end.slab), offset: 0))
                position = gap.end
            }
            if let stop = reader.stop {
                log.removeReader(at: position, closedAt: stop.position)
            } else {
                log.removeReader(at: position)
            }
        }

        // MARK: Checks

        func check() {
            #expect(log.byteCount == history.count && log.messageCount == messages.count)
            var needed = Set<Int>()
            for slab in slabBytes.keys where slab >= log.oldest.slab {
                if slabBytes[slab] != flushedSlabBytes[slab] || readers.contains(where: { $0.needs(slab) }) {
                    needed.insert(slab)
                }
            }
            // The last one stays while others do, and when it is the last no more, until the next flush.
            if !needed.isEmpty, let last = slabBytes.keys.max() { needed.insert(last) }
            let spare = flushedSlabBytes.keys.max().map { $0 >= log.oldest.slab && !needed.contains($0) } ?? false
            #expect(needed.count...needed.count + (spare ? 1 : 0) ~= pool.takenSlabs)
            for reader in readers {
                #expect(log.bytesBehind(reader.position) == history.count - reader.byte)
                let next = messages.first { $0.byte >= reader.byte }
                #expect(log.messages(before: reader.position) == messages.count { $0.byte < reader.byte })
                // Slabs behind its stop may have gone.
                let start = next?.start ?? log.end
                let mayReadIt = reader.stop.map { start < $0.position } ?? true
                if reader.gap == nil, mayReadIt { #expect(log.nextMessage(from: reader.position) == start) }
            }
        }

        mutating func end() {
            while let reader = readers.popLast() { remove(reader) }
            flush()
            #expect(pool.takenSlabs == 0)
            log.removeAll()
        }
    }
}
