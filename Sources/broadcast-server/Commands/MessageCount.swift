/// How a number of messages is written on the command line.
enum MessageCount {
    static let rule = "Use a number of messages from 0 to \(largest)."
    private static let largest = 1_000_000

    /// The number, or nil when `text` is none or is out of range.
    static func parse(_ text: String) -> Int? {
        Int(text).flatMap { 0...largest ~= $0 ? $0 : nil }
    }
}
