import Testing

@testable import LWSSwift

@Suite struct HeldInputTests {
    private static func piece(isFinal: Bool = true) -> MessageAssembler.Piece {
        MessageAssembler.Piece(isFirst: true, isFinal: isFinal, isBinary: false, remainingInFrame: 0)
    }

    private static func append(_ bytes: [UInt8], to input: inout HeldInput) {
        unsafe bytes.withUnsafeBytes { unsafe input.append($0, piece()) }
    }

    @Test func `pieces come out as they went in, however they take turns`() {
        var input = HeldInput()
        var generator = SplitMix(state: 7)
        var waiting: [[UInt8]] = []
        for round in 0..<2_000 {
            if Bool.random(using: &generator) {
                let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: round % 13)
                Self.append(bytes, to: &input)
                waiting.append(bytes)
            } else if !waiting.isEmpty {
                #expect(input.takeFirst()?.bytes == waiting.removeFirst())
            }
            #expect(input.isEmpty == waiting.isEmpty)
        }
        for bytes in waiting { #expect(input.takeFirst()?.bytes == bytes) }
        #expect(input.takeFirst() == nil)
    }

    @Test func `it is full by its bytes, and by pieces that have none`() {
        var input = HeldInput()
        #expect(!input.isFull && input.isLow)
        Self.append(Array(repeating: 1, count: 64 << 10), to: &input)
        #expect(input.isFull && !input.isLow)
        _ = input.takeFirst()
        #expect(!input.isFull && input.isLow)
        for _ in 0..<4_096 { Self.append([], to: &input) }
        #expect(input.isFull)
    }

    @Test func `it is held back until the latest time that was said`() {
        var input = HeldInput()
        #expect(input.isDue(0))
        input.extend(to: 500)
        input.extend(to: 300)
        #expect(!input.isDue(499))
        #expect(input.isDue(500))
    }

    @Test func `behind a close frame nothing is read, and what was waits no longer than the peer does`() {
        var input = HeldInput()
        input.extend(to: 10_000)
        input.finish(.close([3, 232]), latest: 600)
        #expect(input.isFull && !input.isLow)
        #expect(!input.isDue(599))
        #expect(input.isDue(600))
        #expect(input.ending == .close([3, 232]))
    }
}
