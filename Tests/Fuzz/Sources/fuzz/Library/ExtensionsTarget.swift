@testable import LWSSwift

extension FuzzTarget {
    /// A list that is understood is understood again from its elements, and what we answer to it is an answer that we take.
    static let extensions = FuzzTarget("extensions") { bytes throws(Violation) in
        guard let elements = ExtensionList.parse(String(decoding: bytes, as: UTF8.self)) else { return }
        let field = elements.map(written).joined(separator: ", ")
        try require(ExtensionList.parse(field) == elements, "written again as \(field) it is another list")
        try require(field.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a token has characters that none may have")
        if let acceptance = DeflateNegotiation.accept(elements) {
            try require((8...15).contains(acceptance.agreement.windowBits), "there is no such window")
            guard let answer = ExtensionList.parse(acceptance.answer) else {
                throw Violation(description: "the answer \(acceptance.answer) is malformed")
            }
            try require(try agreement(on: answer)?.windowBits == 15, "the answer \(acceptance.answer) is not taken")
        }
        _ = try? agreement(on: elements)
    }

    private static func written(_ element: ExtensionElement) -> String {
        element.parameters.reduce(element.name) { text, parameter in
            text + "; " + parameter.name + (parameter.value.map { "=" + $0 } ?? "")
        }
    }

    private static func agreement(on answer: [ExtensionElement]) throws(Violation) -> NegotiatedCompression? {
        let agreement: NegotiatedCompression?
        do throws(DeflateNegotiation.InvalidAnswer) {
            agreement = try DeflateNegotiation.agree(to: answer)
        } catch {
            throw Violation(description: error.reason)
        }
        if let agreement {
            try require((8...15).contains(agreement.windowBits), "there is no window of \(agreement.windowBits) bits")
        }
        return agreement
    }
}
