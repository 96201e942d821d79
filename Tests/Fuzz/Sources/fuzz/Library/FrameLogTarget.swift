@testable import LWSSwift

extension FuzzTarget {
    /// The log against a naive model that keeps every byte: whatever is done, readers read every byte, and exactly what
    /// nobody needs is freed. The bytes say what is done.
    static let frameLog = FuzzTarget("frame-log") { bytes throws(Violation) in
        var run = FrameLogRun(bytes)
        for _ in 0..<600 where !run.isOver {
            try run.step()
            try run.check()
        }
        try run.end()
    }
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

private struct FrameLogRun {
    private var choices: Choices
    private let pool = SlabPool()
    private var log: FrameLog
    // The model.
    private var history: [UInt8] = []
    private var messages: [(start: LogPosition, byte: Int)] = []
    private var slabBytes: [Int: Int] = [:]
    private var flushedSlabBytes: [Int: Int] = [:]
    private var readers: [Reader] = []

    init(_ bytes: [UInt8]) {
        choices = Choices(bytes)
        log = FrameLog(pool)
    }

    mutating func step() throws(Violation) {
        switch choices.below(20) {
        case 0..<7: append()
        case 7..<10: flush()
        case 10: addReader()
        case 11..<17: try read()
        case 17: closeReader()
        case 18: try leaveOut()
        default: removeReader()
        }
    }

    private mutating func append() {
        let count =
            switch choices.below(10) {
            case 0..<6: choices.below(300)
            case 6..<9: choices.below(40_000)
            default: 60_000 + choices.below(160_000)
            }
        let message = [UInt8](repeating: UInt8(choices.below(256)), count: count)
        let range = log.append(.binary, unsafe message.span.bytes, number: UInt64(messages.count + 1)).range
        messages.append((range.lowerBound, history.count))
        history += framed(message)
        // The fragments but the last are as large as may be, so none shares a slab with another.
        for slab in range.lowerBound.slab..<range.upperBound.slab {
            let isFirst = slab == range.lowerBound.slab
            slabBytes[slab] =
                (isFirst ? range.lowerBound.offset : 0) + LaneFraming.webSocket.maximumPayloadBytes + 4
        }
        slabBytes[range.upperBound.slab] = range.upperBound.offset
    }

    /// The message as it stands in the log (RFC 6455 section 5.4).
    private func framed(_ message: [UInt8]) -> [UInt8] {
        var rest = message[...]
        var frames: [UInt8] = []
        repeat {
            let part = rest.prefix(LaneFraming.webSocket.maximumPayloadBytes)
            rest = rest.dropFirst(part.count)
            frames += PlainFrame.encode(first: (rest.isEmpty ? 0x80 : 0) | (frames.isEmpty ? 2 : 0), Array(part))
        } while !rest.isEmpty
        return frames
    }

    private mutating func flush() {
        log.markFlushed()
        flushedSlabBytes = slabBytes
    }

    private mutating func addReader() {
        guard readers.count < 6 else { return }
        // As one that falls behind in a flush, or joins in the middle of a turn.
        let position: LogPosition
        if choices.isTrue() {
            position = log.end
        } else if let piece = log.piece(at: log.flushed, limit: log.end) {
            position = piece.end
        } else {
            position = log.flushed
        }
        log.addReader(at: position)
        readers.append(Reader(position: position, byte: history.count - log.bytesBehind(position)))
    }

    private mutating func read() throws(Violation) {
        guard let index = choices.element(of: Array(readers.indices)) else { return }
        var reader = readers[index]
        if let gap = reader.gap, log.piece(at: reader.position, limit: gap.start) == nil {
            let behind = LogPosition(slab: min(gap.start.slab + 1, gap.end.slab), offset: 0)
            log.moveReader(from: reader.position, to: behind)
            reader.position = gap.end
            reader.byte = gap.endByte
            reader.gap = nil
        } else {
            var limit = choices.isTrue() ? log.end : log.flushed
            if let stop = reader.stop { limit = min(limit, stop.position) }
            if let gap = reader.gap { limit = min(limit, gap.start) }
            guard let piece = log.piece(at: reader.position, limit: limit) else { return }
            let expected = history[reader.byte..<reader.byte + piece.count]
            let isEqual = unsafe UnsafeRawBufferPointer(start: piece.start, count: piece.count).elementsEqual(expected)
            try require(isEqual, "at byte \(reader.byte) there are others than were appended")
            log.moveReader(from: reader.position, to: piece.end)
            reader.position = piece.end
            reader.byte += piece.count
        }
        readers[index] = reader
    }

    private mutating func closeReader() {
        guard let index = choices.element(of: Array(readers.indices)), readers[index].stop == nil,
            readers[index].gap == nil, readers[index].position < log.end
        else { return }
        log.closeReader(at: log.end)
        readers[index].stop = (log.end, history.count)
    }

    /// Gives up the older part of what a reader is behind, as `dropOldest` does.
    private mutating func leaveOut() throws(Violation) {
        guard let index = choices.element(of: Array(readers.indices)), readers[index].stop == nil,
            readers[index].gap == nil
        else { return }
        let reader = readers[index]
        let start = log.nextMessage(from: reader.position)
        let end = log.message(within: choices.below(max(1, log.bytesBehind(reader.position)) + 1))
        guard start < end else { return }
        let counted = log.messages(before: end).tally.publications - log.messages(before: start).tally.publications
        try require(counted == messages(start, end), "\(counted) messages are left out, not \(messages(start, end))")
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
        guard let index = choices.element(of: Array(readers.indices)) else { return }
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

    /// Whether nothing is left to be done.
    var isOver: Bool { choices.isEmpty }

    // MARK: Checks

    func check() throws(Violation) {
        try require(
            log.byteCount == history.count && log.tally.publications == messages.count,
            "bytes or messages are miscounted"
        )
        var needed = Set<Int>()
        for slab in slabBytes.keys where slab >= log.oldest.slab {
            if slabBytes[slab] != flushedSlabBytes[slab] || readers.contains(where: { $0.needs(slab) }) {
                needed.insert(slab)
            }
        }
        // The last one stays while others do, and when it is the last no more, until the next flush.
        if !needed.isEmpty, let last = slabBytes.keys.max() { needed.insert(last) }
        let spare = flushedSlabBytes.keys.max().map { $0 >= log.oldest.slab && !needed.contains($0) } ?? false
        try require(
            needed.count...needed.count + (spare ? 1 : 0) ~= pool.takenSlabs,
            "\(pool.takenSlabs) slabs are held, \(needed.count) are needed"
        )
        for reader in readers {
            try require(log.bytesBehind(reader.position) == history.count - reader.byte, "bytes behind a reader")
            let next = messages.first { $0.byte >= reader.byte }
            let passed = messages.count { $0.byte < reader.byte }
            try require(log.messages(before: reader.position).tally.publications == passed, "messages before a reader")
            // Slabs behind its stop may have gone.
            let start = next?.start ?? log.end
            let mayReadIt = reader.stop.map { start < $0.position } ?? true
            if reader.gap == nil, mayReadIt {
                try require(log.nextMessage(from: reader.position) == start, "a reader's next message")
            }
        }
    }

    mutating func end() throws(Violation) {
        while let reader = readers.popLast() { remove(reader) }
        flush()
        try require(pool.takenSlabs == 0, "\(pool.takenSlabs) slabs are held for nobody")
        log.removeAll()
    }
}
