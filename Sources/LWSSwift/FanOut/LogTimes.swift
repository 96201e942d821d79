internal import DequeModule

/// When the parts of a log were flushed, to the tenth of a second: how old the message at a position is.
struct LogTimes {
    private var entries: Deque<(position: LogPosition, time: UInt64)> = []
    private static let resolution: UInt64 = 100
    /// What is kept when nobody limits how far back members may be: an hour.
    private static let maximumCount = 36_000

    /// Notes that what follows `position` was flushed at `time`, and forgets what is older than `oldest`.
    mutating func note(_ position: LogPosition, at time: UInt64, oldest: LogPosition) {
        if let last = entries.last, time < last.time + Self.resolution { return }
        while entries.count > 1, entries[1].position <= oldest || entries.count >= Self.maximumCount {
            entries.removeFirst()
        }
        entries.append((position, time))
    }

    /// Where the oldest flush begins that was not before `time`; nil when there is none.
    func position(since time: UInt64) -> LogPosition? {
        entries.first { $0.time >= time }?.position
    }

    /// When the message at `position` was flushed; `now` when that is not known, because it was just now.
    func time(of position: LogPosition, now: UInt64) -> UInt64 {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].position <= position { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? entries[low - 1].time : now
    }
}
