/// Choices that bytes determine, so that the fuzzer learns which bytes lead where.
struct Choices {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// Whether no more can be chosen.
    var isEmpty: Bool { rest.isEmpty }

    /// One of the numbers from 0 to `count - 1`; the first when nothing is left.
    mutating func below(_ count: Int) -> Int {
        var number = 0
        var range = 1
        while range < count, let byte = rest.popFirst() {
            number = number << 8 | Int(byte)
            range <<= 8
        }
        return number % count
    }

    mutating func isTrue() -> Bool { below(2) == 1 }

    mutating func element<Element>(of elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    /// What is left.
    var bytes: [UInt8] { Array(rest) }
}
