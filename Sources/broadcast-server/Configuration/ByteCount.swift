/// How a size in bytes is written on the command line.
enum ByteCount {
    static let rule = "Use a number of bytes from 1 to 1G, such as 65536, 64K or 1M."
    static let ruleOrNone = "Use 0, or a number of bytes up to 1G, such as 65536, 64K or 1M."
    static let messageRule = "Use a number of bytes from 1K to 64M, such as 65536, 64K or 1M."
    static let largest = 1 << 30

    private static let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]

    /// The number of bytes, or nil when `text` is none or is out of range.
    static func parse(_ text: String) -> Int? {
        parseOrNone(text).flatMap { $0 > 0 ? $0 : nil }
    }

    /// The same for the largest message that a server takes.
    static func parseMessage(_ text: String) -> Int? {
        parse(text).flatMap { 1 << 10...64 << 20 ~= $0 ? $0 : nil }
    }

    /// The same, where 0 means that there are none.
    static func parseOrNone(_ text: String) -> Int? {
        let unit = text.last.flatMap { units[Character($0.uppercased())] }
        guard let number = Int(unit == nil ? text[...] : text.dropLast()) else { return nil }
        let (count, overflows) = number.multipliedReportingOverflow(by: unit ?? 1)
        return !overflows && 0...largest ~= count ? count : nil
    }
}
