/// What somebody may have meant who has written a name wrongly.
enum NearestName {
    /// Longer names than these are compared with nothing: no option has one.
    private static let maximumLength = 64

    /// The nearest of the names, if one is near: a few letters away, or with the other at its beginning.
    static func of(_ name: String, among names: some Sequence<String>) -> String? {
        let wrong = Array(name.lowercased().replacing("_", with: "-").utf8)
        guard 1...maximumLength ~= wrong.count else { return nil }
        var nearest: (name: String, distance: Int)?
        for candidate in names {
            let right = Array(candidate.utf8)
            let distance = distance(wrong, right)
            let isNear = distance <= max(1, min(wrong.count, right.count) / 3)
            guard isNear || isBeginning(right, of: wrong) || isBeginning(wrong, of: right) else { continue }
            if distance < nearest?.distance ?? .max { nearest = (candidate, distance) }
        }
        return nearest?.name
    }

    private static func isBeginning(_ one: [UInt8], of other: [UInt8]) -> Bool {
        one.count >= 3 && other.starts(with: one)
    }

    /// How many letters have to be put in, taken out, changed, or swapped with the next one to make one of the other
    /// (Damerau 1964).
    static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var rows = [Array(0...other.count)]
        for row in 1..<(one.count + 1) {
            var current = [row]
            for column in 1..<(other.count + 1) {
                let change = rows[row - 1][column - 1] + (one[row - 1] == other[column - 1] ? 0 : 1)
                var least = min(change, rows[row - 1][column] + 1, current[column - 1] + 1)
                if row > 1, column > 1, one[row - 1] == other[column - 2], one[row - 2] == other[column - 1] {
                    least = min(least, rows[row - 2][column - 2] + 1)
                }
                current.append(least)
            }
            rows.append(current)
        }
        return rows[one.count][other.count]
    }
}
