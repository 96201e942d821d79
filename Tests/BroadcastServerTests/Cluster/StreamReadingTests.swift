import Testing

@testable import broadcast_server

@Suite struct StreamReadingTests {
    private typealias Step = StreamReading.Step

    private func steps(
        _ reading: inout StreamReading,
        _ sequences: [UInt64],
        of generation: Int,
        isNew: Bool = true,
        known: UInt64 = 0
    ) -> [Step] {
        sequences.enumerated().map { index, sequence in
            reading.take(sequence, of: generation, isFirst: isNew && index == 0, known: known)
        }
    }

    @Test func `what comes in order is next, and what comes again is old`() {
        var reading = StreamReading()
        let (start, generation) = reading.restart()
        #expect(start == 1)
        let steps = steps(&reading, [1, 2, 2, 1, 3], of: generation)
        #expect(steps == [.next, .next, .old, .old, .next])
    }

    @Test func `up to where the stream was, anything may be missing`() {
        var reading = StreamReading()
        let (_, generation) = reading.restart()
        let steps = steps(&reading, [5, 9, 11, 12], of: generation, known: 10)
        #expect(steps == [.next, .next, .next, .next])
    }

    @Test func `behind a hole everything is read again by another consumer`() {
        var reading = StreamReading()
        let (_, first) = reading.restart()
        let before = steps(&reading, [1, 2, 5, 6], of: first)
        #expect(before == [.next, .next, .hole, .old])
        let (start, second) = reading.restart()
        #expect(start == 3)
        let after =
            steps(&reading, [3, 4], of: second) + steps(&reading, [7], of: first) + steps(&reading, [5], of: second)
        #expect(after == [.next, .next, .old, .next])
    }

    @Test func `what a new consumer does not find is gone`() {
        var reading = StreamReading()
        let (_, first) = reading.restart()
        let before = steps(&reading, [1], of: first)
        let (_, second) = reading.restart()
        let after = steps(&reading, [9, 10], of: second)
        #expect(before == [.next] && after == [.loss(after: 1), .next])
    }

    @Test func `where the first of a new consumer is not here, nothing is said to be gone`() {
        var reading = StreamReading()
        let (_, first) = reading.restart()
        let steps = steps(&reading, [9], of: first, isNew: false)
        #expect(steps == [.hole])
    }
}
