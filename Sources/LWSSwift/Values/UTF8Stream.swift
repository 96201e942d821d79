/// Checks UTF-8 that comes in pieces, and cuts it anew between characters: a character that is not complete is kept for the
/// next piece, which is at most three bytes.
struct UTF8Stream {
    /// The beginning of a character.
    private var carry = InlineArray<3, UInt8>(repeating: 0)
    private var carryCount = 0

    /// Whether what came so far ends with a whole character.
    var isWhole: Bool { carryCount == 0 }

    /// Takes the next piece and gives the whole characters; nil when it is not UTF-8, as soon as no continuation could make
    /// it so.
    mutating func append(_ piece: UnsafeRawBufferPointer) -> [UInt8]? {
        var text: [UInt8] = []
        text.reserveCapacity(carryCount + piece.count)
        for index in 0..<carryCount { text.append(carry[index]) }
        unsafe text.append(contentsOf: piece)
        let end = text.count - Self.countOfBeginning(atEndOf: text)
        carryCount = text.count - end
        for index in 0..<carryCount { carry[index] = text[end + index] }
        text.removeLast(carryCount)
        return UTF8Validation.isValid(text) ? text : nil
    }

    /// How many bytes at the end are the beginning of a character that is well-formed so far.
    private static func countOfBeginning(atEndOf text: [UInt8]) -> Int {
        for count in 1...3 where count <= text.count {
            let start = text.count - count
            let byte = text[start]
            if byte & 0xC0 == 0x80 { continue }
            guard let sequence = UTF8Validation.Sequence(lead: byte), sequence.length > count,
                count == 1 || sequence.second.contains(text[start + 1])
            else { return 0 }
            return count
        }
        return 0
    }
}
