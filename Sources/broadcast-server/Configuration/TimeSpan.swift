/// How a duration is written on the command line.
enum TimeSpan {
    static let rule = "Use a number with a unit, such as 500ms, 10s, 2m or 1h."

    private static let units: [(suffix: String, milliseconds: Double)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000),
    ]
    /// A year: longer than anybody waits, and far from an overflow.
    private static let mostMilliseconds = 365.0 * 24 * 3_600_000

    /// The duration, or nil when `text` is none, is negative, or is longer than a year. Without a unit it is in seconds.
    static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = text[digits.endIndex...]
        guard let number = Double(digits),
            let unit = units.first(where: { $0.suffix == (suffix.isEmpty ? "s" : suffix) }),
            number * unit.milliseconds <= mostMilliseconds
        else { return nil }
        return .milliseconds(1) * (number * unit.milliseconds)
    }
}
