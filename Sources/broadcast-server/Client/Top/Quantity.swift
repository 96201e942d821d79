import LWSSwift

/// Numbers as people read them at a glance: in at most five characters, but for the unit.
enum Quantity {
    static func count(_ value: Double) -> String { scaled(value, by: 1_000, ["", "k", "M", "G", "T"]) }
    static func count(_ value: Int) -> String { count(Double(value)) }
    static func bytes(_ value: Double) -> String { scaled(value, by: 1_024, ["", "K", "M", "G", "T"]) }
    static func bytes(_ value: Int) -> String { bytes(Double(value)) }

    private static func scaled(_ value: Double, by step: Double, _ units: [String]) -> String {
        var (rest, unit) = (value, 0)
        // What would be rounded to four digits, too, belongs to the next unit.
        while rest.magnitude >= (unit == 0 ? step * 10 : step) - 0.5, unit < units.count - 1 {
            rest /= step
            unit += 1
        }
        let isWhole = unit == 0 ? rest == rest.rounded() || rest >= 100 : rest.magnitude >= 99.95
        return (isWhole ? "\(Int(rest.rounded()))" : tenths(rest)) + units[unit]
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// A time in the two largest units that it has, such as `3d02h` or `4m09s`.
    static func age(seconds: Int64) -> String {
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let seconds = max(seconds, 0)
        return switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3_600: "\(seconds / 60)m\(two(seconds % 60))s"
        case ..<86_400: "\(seconds / 3_600)h\(two(seconds / 60 % 60))m"
        default: "\(seconds / 86_400)d\(two(seconds / 3_600 % 24))h"
        }
    }

    static func milliseconds(_ value: Int64) -> String {
        value < 10_000 ? "\(value)ms" : age(seconds: value / 1_000)
    }
}
