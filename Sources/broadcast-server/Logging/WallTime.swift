import Glibc

/// A moment by the clock on the wall, to the millisecond.
struct WallTime: Equatable, Sendable {
    /// Seconds since 1970, UTC.
    let second: Int
    let millisecond: Int

    /// Milliseconds since 1970, UTC.
    var milliseconds: Int64 { Int64(second) * 1_000 + Int64(millisecond) }

    static var now: WallTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(second: time.tv_sec, millisecond: time.tv_nsec / 1_000_000)
    }

    init(second: Int, millisecond: Int) {
        self.second = second
        self.millisecond = millisecond
    }

    /// A moment that a peer has named in milliseconds since 1970; nil when it is not within the years 1970 to 9999.
    init?(milliseconds: Int64) {
        guard 0..<253_402_300_800_000 ~= milliseconds else { return nil }
        self.init(second: Int(milliseconds / 1_000), millisecond: Int(milliseconds % 1_000))
    }

    /// The time of day, `HH:MM:SS`, in local time.
    var clock: String {
        var timestamps = TimestampFormatter()
        var text: [UInt8] = []
        timestamps.append(self, to: &text)
        // After the date and before the milliseconds.
        return String(decoding: text.dropLast(4).suffix(8), as: UTF8.self)
    }
}

/// Writes moments as `YYYY-MM-DD HH:MM:SS,mmm` in local time, or as `YYYY-MM-DDTHH:MM:SS.mmm` in UTC.
///
/// The text is kept, since lines come in bursts: within a second only three digits are made anew, within a millisecond none.
struct TimestampFormatter: Sendable {
    enum Form: Sendable {
        case local
        case utc
    }

    private let form: Form
    private var time: WallTime?
    private var text: [UInt8] = []

    init(_ form: Form = .local) {
        self.form = form
        // `localtime_r` alone need not look at TZ.
        tzset()
    }

    mutating func append(_ time: WallTime, to buffer: inout [UInt8]) {
        if time != self.time {
            if time.second == self.time?.second {
                text.removeLast(3)
            } else {
                text = Self.format(time.second, form)
            }
            Self.append(time.millisecond, digits: 3, to: &text)
            self.time = time
        }
        buffer += text
    }

    private static func format(_ second: Int, _ form: Form) -> [UInt8] {
        var parts = unsafe tm()
        var time = time_t(second)
        _ = form == .local ? unsafe localtime_r(&time, &parts) : unsafe gmtime_r(&time, &parts)
        let date = unsafe (year: parts.tm_year + 1900, month: parts.tm_mon + 1, day: parts.tm_mday)
        let clock = unsafe (hour: parts.tm_hour, minute: parts.tm_min, second: parts.tm_sec)
        var text: [UInt8] = []
        func append(_ number: Int32, _ digits: Int, _ separator: Character) {
            Self.append(Int(number), digits: digits, to: &text)
            text += separator.utf8
        }
        append(date.year, 4, "-")
        append(date.month, 2, "-")
        append(date.day, 2, form == .local ? " " : "T")
        append(clock.hour, 2, ":")
        append(clock.minute, 2, ":")
        append(clock.second, 2, form == .local ? "," : ".")
        return text
    }

    private static func append(_ number: Int, digits: Int, to buffer: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            buffer.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}
