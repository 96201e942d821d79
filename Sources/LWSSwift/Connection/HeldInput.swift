internal import DequeModule

/// What a peer has sent that is held back for a while: pieces of messages in order, and how its stream ends behind them.
///
/// Its bound is the reader's, who stops reading from the socket when it is full: that and one read of 32 KiB. Pure.
struct HeldInput {
    /// What stands behind the last piece, after which nothing comes.
    enum Ending: Equatable {
        case close([UInt8])
        /// What cannot be understood.
        case failure(ConnectionFailure)
    }

    private struct Entry {
        let piece: MessageAssembler.Piece
        let count: Int
    }

    /// When it is handed over, on the loop's clock.
    private(set) var end: UInt64 = 0
    private(set) var ending: Ending?
    /// When it is given up at the latest, since the peer waits for the answer to its close frame.
    private var latest = UInt64.max
    private var entries: Deque<Entry> = []
    /// What the entries consist of, behind what was taken already.
    private var bytes: [UInt8] = []
    private var start = 0

    private static let maximumBytes = 64 << 10
    private static let lowBytes = 16 << 10

    var isEmpty: Bool { entries.isEmpty }
    /// Whether nothing more is to be read for the time being.
    var isFull: Bool { size >= Self.maximumBytes || ending != nil }
    /// Whether there is room again.
    var isLow: Bool { size <= Self.lowBytes && ending == nil }

    private var size: Int { bytes.count - start + entries.count * MemoryLayout<Entry>.stride }

    /// Whether its time has come.
    func isDue(_ now: UInt64) -> Bool { now >= due }
    /// Whether what is held cannot wait for its time any longer.
    func isGivenUp(_ now: UInt64) -> Bool { now >= latest && now < end }
    /// When its time comes.
    var due: UInt64 { min(end, latest) }

    /// Holds it back until then, if it is later than what was said before.
    mutating func extend(to time: UInt64) {
        end = max(end, time)
    }

    mutating func append(_ payload: UnsafeRawBufferPointer, _ piece: MessageAssembler.Piece) {
        entries.append(Entry(piece: piece, count: payload.count))
        unsafe bytes.append(contentsOf: payload)
    }

    /// - Parameter latest: when it is given up, whatever it is held back for.
    mutating func finish(_ ending: Ending, latest: UInt64) {
        self.ending = ending
        self.latest = latest
    }

    /// Forgets what is held, but not how the stream ends.
    mutating func dropPieces() {
        (entries, bytes, start) = ([], [], 0)
    }

    mutating func takeFirst() -> (bytes: [UInt8], piece: MessageAssembler.Piece)? {
        guard let entry = entries.popFirst() else { return nil }
        let payload = Array(bytes[start..<start + entry.count])
        start += entry.count
        if start * 2 > bytes.count || entries.isEmpty {
            bytes.removeSubrange(..<start)
            start = 0
        }
        return (payload, entry.piece)
    }
}
