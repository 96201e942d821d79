import ArgumentParser

/// A size in bytes, as it is written on the command line: 65536, 64K or 1M.
struct ByteCount: BoundedOptionValue {
    static let valueName = "bytes"
    static var rule: String { rule(within: 0...largest) }
    static let largest = ByteCount(1 << 30)

    private static let units: [(suffix: String, bytes: Int)] = [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)]

    let bytes: Int

    init(_ bytes: Int) {
        self.bytes = bytes
    }

    init?(argument text: String) {
        let unit = text.last.flatMap { last in Self.units.first { $0.suffix == last.uppercased() } }
        guard let number = Int(unit == nil ? text[...] : text.dropLast()) else { return nil }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: unit?.bytes ?? 1)
        guard !overflows, 0...Self.largest.bytes ~= bytes else { return nil }
        self.bytes = bytes
    }

    /// As it would be written.
    var defaultValueDescription: String {
        guard bytes > 0, let unit = Self.units.first(where: { bytes.isMultiple(of: $0.bytes) }) else {
            return "\(bytes)"
        }
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }

    static func < (left: ByteCount, right: ByteCount) -> Bool {
        left.bytes < right.bytes
    }

    static func rule(within bounds: ClosedRange<ByteCount>) -> String {
        let (least, most) = (bounds.lowerBound.defaultValueDescription, bounds.upperBound.defaultValueDescription)
        return "Use a number of bytes from \(least) to \(most), such as 65536, 64K or 1M."
    }
}

extension ByteCount: ExpressibleByIntegerLiteral {
    init(integerLiteral bytes: Int) {
        self.init(bytes)
    }
}
