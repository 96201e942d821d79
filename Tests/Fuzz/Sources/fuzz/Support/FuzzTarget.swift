/// Something that must hold for any bytes: tried by the fuzzer on bytes it makes up, and by the tests on those that are
/// kept in `Tests/Fuzz`.
struct FuzzTarget: Sendable {
    /// Also of the folders with its seeds and found cases.
    let name: String
    private let body: @Sendable ([UInt8]) throws(Violation) -> Void

    init(_ name: String, _ body: @escaping @Sendable ([UInt8]) throws(Violation) -> Void) {
        self.name = name
        self.body = body
    }

    func check(_ input: [UInt8]) throws(Violation) {
        try body(input)
    }
}

/// What did not hold.
struct Violation: Error, CustomStringConvertible {
    let description: String
}

func require(_ condition: Bool, _ expectation: @autoclosure () -> String) throws(Violation) {
    guard condition else { throw Violation(description: expectation()) }
}
