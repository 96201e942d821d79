import Testing

@testable import LWSSwift

@Suite struct UTF8StreamTests {
    private func append(_ bytes: some Sequence<UInt8>, to stream: inout UTF8Stream) -> [UInt8]? {
        unsafe Array(bytes).withUnsafeBytes { unsafe stream.append($0) }
    }

    @Test func `wherever a text is cut, it comes out cut between characters`() {
        let text = "aé€😀z"
        let bytes = Array(text.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var stream = UTF8Stream()
                var pieces: [[UInt8]] = []
                for part in [bytes[..<first], bytes[first..<second], bytes[second...]] {
                    guard let piece = append(part, to: &stream) else {
                        Issue.record("cut at \(first) and \(second)")
                        return
                    }
                    pieces.append(piece)
                }
                #expect(pieces.joined().elementsEqual(bytes) && stream.isWhole)
                #expect(pieces.allSatisfy(UTF8Validation.isValid))
            }
        }
    }

    @Test func `one byte at a time, a character comes with its last byte`() {
        var stream = UTF8Stream()
        let pieces = Array("é😀".utf8).map { append([$0], to: &stream) }
        #expect(pieces == [[], Array("é".utf8), [], [], [], Array("😀".utf8)])
    }

    /// Every beginning that the edges of RFC 3629's table allow, against all that could follow it.
    @Test func `it is refused as soon as nothing could complete it, and not before`() {
        let edges = UTF8ValidationTests.edges
        let following: [UInt8] = [0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF]
        var endings: [[UInt8]] = [[]]
        for _ in 1...3 { endings += endings.flatMap { ending in following.map { ending + [$0] } } }
        var beginnings = edges.map { [$0] }
        beginnings += beginnings.flatMap { beginning in edges.map { beginning + [$0] } }
        for beginning in beginnings {
            let canBeCompleted = endings.contains { UTF8Validation.isValid(beginning + $0) }
            for cut in 0...beginning.count {
                var stream = UTF8Stream()
                let isTaken =
                    append(beginning[..<cut], to: &stream) != nil && append(beginning[cut...], to: &stream) != nil
                if isTaken != canBeCompleted { Issue.record("\(beginning), cut at \(cut)") }
            }
        }
    }

    @Test func `a text that ends within a character is not whole`() {
        for character in ["é", "€", "😀"] {
            let bytes = Array("1\(character)".utf8)
            for count in 2..<bytes.count {
                var stream = UTF8Stream()
                #expect(append(bytes.prefix(count), to: &stream) == [UInt8(ascii: "1")])
                #expect(!stream.isWhole)
            }
        }
    }

    @Test func `the fault may be in what was kept`() {
        var stream = UTF8Stream()
        #expect(append([0xE2, 0x82], to: &stream) == [])
        #expect(append([0x41], to: &stream) == nil)
    }
}
