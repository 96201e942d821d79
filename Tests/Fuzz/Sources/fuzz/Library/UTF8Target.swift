@testable import LWSSwift

extension FuzzTarget {
    /// The validation agrees with the standard library's, wherever the words that it looks at begin.
    static let utf8 = FuzzTarget("utf8") { bytes throws(Violation) in
        let isText = String(validating: bytes, as: UTF8.self) != nil
        for padding in [0, 1, 7, 31] {
            let padded = [UInt8](repeating: 0x61, count: padding) + bytes
            let verdict = UTF8Validation.isValid(padded)
            try require(verdict == isText, "behind \(padding) letters: \(verdict), but it is \(isText)")
        }
    }
}
