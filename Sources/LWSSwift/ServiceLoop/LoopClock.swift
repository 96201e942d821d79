// The members of timespec belong to whichever of the two modules the compiler reads first.
internal import CLibWebSockets
internal import Glibc

/// Time on a loop, in milliseconds since the loop began; read from the system at most once a turn. On the loop's thread
/// only.
final class LoopClock {
    private let start = LoopClock.nanoseconds / 1_000_000
    private var cached: UInt64 = 0
    /// When it was read, in nanoseconds of the system's clock.
    private var cachedNanoseconds: UInt64 = 0
    private var isStale = true
    /// 0 when it is to be read.
    private var cachedWallTime: Int64 = 0

    /// Called before the loop waits: what was read before is old afterwards.
    func invalidate() {
        isStale = true
        cachedWallTime = 0
    }

    /// Milliseconds since the loop began.
    var now: UInt64 {
        if isStale { read() }
        return cached
    }

    /// The same moment, in nanoseconds of the system's clock.
    var nanosecondsOfNow: UInt64 {
        if isStale { read() }
        return cachedNanoseconds
    }

    /// Milliseconds since 1970-01-01 00:00 UTC, by the system's clock of the day; read at most once a turn as well.
    var wallTime: Int64 {
        if cachedWallTime == 0 {
            var time = timespec()
            unsafe clock_gettime(CLOCK_REALTIME, &time)
            cachedWallTime = Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
        }
        return cachedWallTime
    }

    private func read() {
        cachedNanoseconds = LoopClock.nanoseconds
        cached = cachedNanoseconds / 1_000_000 - start
        isStale = false
    }

    /// What the system's clock that nobody sets says now.
    static var nanoseconds: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

extension Duration {
    /// Whole milliseconds, rounded up; zero for a negative duration. Thirty million years at most, so that times of the
    /// loop's clock and several of these can be added without overflow.
    var milliseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let rest = UInt64((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        return min(UInt64(seconds), Self.mostSeconds) * 1_000 + rest
    }

    private static var mostSeconds: UInt64 { 1 << 50 }
}
