import Testing

@testable import LWSSwift

@Suite struct UTF8ValidationTests {
    /// The standard library decides by repairing: what it leaves unchanged is valid.
    private func isValidByTheStandardLibrary(_ bytes: [UInt8]) -> Bool {
        Array(String(decoding: bytes, as: UTF8.self).utf8) == bytes
    }

    /// The bytes at which the table of well-formed sequences (RFC 3629 section 4) changes.
    static let edges: [UInt8] = [
        0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEE, 0xEF, 0xF0, 0xF1,
        0xF3,
        0xF4, 0xF5, 0xFF,
    ]

    @Test func `every sequence of one byte, and of two at the edges, is judged as the standard library does`() {
        for first in UInt8.min...UInt8.max { check([first]) }
        for first in UInt8.min...UInt8.max { for second in Self.edges { check([first, second]) } }
    }

    @Test func `longer sequences at the edges are judged as the standard library does`() {
        for first in Self.edges where first >= 0xC0 {
            for second in Self.edges {
                for third in Self.edges { check([first, second, third]) }
                for third: UInt8 in [0x7F, 0x80, 0xBF, 0xC0] {
                    for fourth: UInt8 in [0x7F, 0x80, 0xBF, 0xC0] { check([first, second, third, fourth]) }
                }
            }
        }
    }

    private func check(_ bytes: [UInt8]) {
        if UTF8Validation.isValid(bytes) != isValidByTheStandardLibrary(bytes) { Issue.record("\(bytes)") }
    }

    @Test func `a fault is found at every place of a long text`() {
        for length in [1, 7, 8, 9, 15, 16, 17, 64] {
            let text = [UInt8](repeating: UInt8(ascii: "a"), count: length)
            #expect(UTF8Validation.isValid(text))
            for index in 0..<length {
                var faulty = text
                faulty[index] = 0x80
                #expect(!UTF8Validation.isValid(faulty))
            }
        }
    }

    @Test func `a character that is cut off is a fault`() {
        for character in ["é", "€", "😀"] {
            let bytes = Array("12345678\(character)".utf8)
            #expect(UTF8Validation.isValid(bytes))
            for count in 9..<bytes.count { #expect(!UTF8Validation.isValid(Array(bytes.prefix(count)))) }
        }
    }

    @Test func `nothing is valid`() {
        #expect(UTF8Validation.isValid([]))
    }
}
