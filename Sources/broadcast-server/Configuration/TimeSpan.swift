import ArgumentParser

/// A duration, as it is written on the command line: a number with a unit.
struct TimeSpan: OptionValue, Equatable {
    static let valueName = "time"
    static let rule = "Use a number with a unit, such as 500ms, 10s, 2m or 1h."

    private static let units: [(suffix: String, milliseconds: Double)] = [
        ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]
    /// A year: longer than anybody waits, and far from an overflow.
    private static let mostMilliseconds = 365.0 * 24 * 3_600_000

    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    /// Nil when `text` is none, is negative, or is longer than a year. Without a unit it is in seconds.
    init?(argument text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = text[digits.endIndex...]
        guard let number = Double(digits),
            let unit = Self.units.first(where: { $0.suffix == (suffix.isEmpty ? "s" : suffix) }),
            number * unit.milliseconds <= Self.mostMilliseconds
        else { return nil }
        duration = .milliseconds(1) * (number * unit.milliseconds)
    }

    /// As it would be written, in the largest unit of which it is a whole number.
    var defaultValueDescription: String {
        let milliseconds = duration / .milliseconds(1)
        let unit = Self.units.first {
            milliseconds >= $0.milliseconds && milliseconds.truncatingRemainder(dividingBy: $0.milliseconds) == 0
        }
        guard let unit else { return "0" }
        return "\(Int(milliseconds / unit.milliseconds))\(unit.suffix)"
    }
}
