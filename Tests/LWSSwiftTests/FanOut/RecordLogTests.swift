import Testing

@testable import LWSSwift

/// What a group keeps, and how positions are written, without a loop.
@Suite struct RecordLogTests {
    private let envelope = BroadcastEnvelope([.message()])

    private func fill(_ log: inout RecordLog, _ numbers: ClosedRange<UInt64>, bytes: Int, every milliseconds: Int64 = 0)
    {
        for number in numbers {
            let message = WebSocketMessage.binary([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bytes))
            log.append(message.borrowed, number: number, time: Int64(number) * milliseconds, envelope, tag: nil)
        }
    }

    @Test func `the oldest goes first when there are too many, too large or too old`() {
        var log = RecordLog(.init(maximumMessages: 5, maximumBytes: 1_000, maximumAge: .seconds(10)))
        fill(&log, 1...20, bytes: 1)
        #expect(log.records.map(\.number) == Array(16...20))
        fill(&log, 21...25, bytes: 400)
        #expect(log.records.map(\.number) == [24, 25])
        log.trim(10_000)
        #expect(log.records.count == 2)
        log.trim(10_001)
        #expect(log.records.isEmpty && log.byteCount == 0)
        fill(&log, 26...26, bytes: 2_000)
        #expect(log.records.isEmpty, "one that is larger than the limit is not kept")
    }

    @Test func `what is kept has its bytes, however the blocks lie`() {
        var log = RecordLog(.init(maximumMessages: 10_000, maximumBytes: 100 << 20))
        for number in 1...3_000 as ClosedRange<UInt64> {
            fill(&log, number...number, bytes: Int(number * 7_919 % 3_000) + (number % 500 == 0 ? 100_000 : 0))
        }
        for record in log.records(after: 0) {
            let bytes = record.withMessage { $0.message.bytes }
            #expect(bytes.count == record.range.count)
            #expect(bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: record.number) })
        }
        #expect(log.records(after: 2_990).map(\.number) == Array(2_991...3_000))
        #expect(log.records(before: 3).map(\.number) == [1, 2])
        #expect(log.records(after: 3_000).isEmpty && log.records(before: 1).isEmpty)
    }

    @Test func `what messages were sent in goes with them, and is counted`() {
        final class Trace: Sendable {}
        weak var first: Trace?
        var log = RecordLog(.init(maximumMessages: 10_000, maximumBytes: 100_000))
        for number in 1...2_000 as ClosedRange<UInt64> {
            let trace = Trace()
            if number == 1 { first = trace }
            let envelope = BroadcastEnvelope([.message()], userInfo: trace)
            log.append(WebSocketMessage.text("").borrowed, number: number, time: 0, envelope, tag: nil)
            #expect(log.byteCount <= 100_000)
        }
        #expect(first == nil)
        #expect(100...200 ~= log.records.count, "half a thousand bytes each")
        log.removeAll()
        #expect(log.byteCount == 0)
    }

    @Test func `where numbers have holes, missing is what was let go, not what was never there`() {
        var log = RecordLog(.init(maximumMessages: 2, maximumBytes: 1_000, hasHoles: true), after: 100)
        func resumption(_ number: UInt64, last: UInt64) -> BroadcastGroup.Resumption {
            log.resumption(of: .after(.init(epoch: 1, number: number)), epoch: 1, last: last)
        }
        #expect(resumption(100, last: 100).missing == nil)
        for number: UInt64 in [1_001, 2_001, 3_001] { fill(&log, number...number, bytes: 10) }
        // The first was let go; between it and the second there was nothing.
        #expect(resumption(1_001, last: 3_001).missing == nil)
        #expect(resumption(1_500, last: 3_001).start.number == 1_500)
        #expect(resumption(1_000, last: 3_001).missing == .expired(count: .max))
        #expect(resumption(1_000, last: 3_001).start.number == 1_001)
        // It is larger than all may be.
        fill(&log, 4_001...4_001, bytes: 2_000)
        #expect(resumption(3_001, last: 4_001).missing == .expired(count: .max))
        #expect(resumption(4_001, last: 4_001).missing == nil)
    }

    @Test func `a few small messages take one small block`() {
        var log = RecordLog(.init())
        fill(&log, 1...10, bytes: 50)
        #expect(Set(log.records.map { ObjectIdentifier($0.block) }).count == 1)
        #expect(log.records.first?.block.capacity == 1 << 10)
    }

    @Test(arguments: [
        "", ".", "z", "z.", ".5", "Z.5", "z.05", "0z.5", "z.-5", "z.+5", "+z.5", "z.5.6", " z.5", "z.5 ", "z,5",
        "z.5\0",
        "3w5e11264sgsg.1", "z.18446744073709551616", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz.1", "é.1", "z.١",
    ])
    func `what no position was written as is none`(text: String) {
        #expect(BroadcastGroup.Position(text) == nil)
    }

    @Test(arguments: [(0, 0), (35, 7), (.max, .max), (1 << 51, 1_042)] as [(UInt64, UInt64)])
    func `a position reads as it was written`(epoch: UInt64, number: UInt64) {
        let position = BroadcastGroup.Position(epoch: epoch, number: number)
        #expect(BroadcastGroup.Position(position.description) == position)
        #expect(position.description.utf8.count <= BroadcastGroup.Position.maximumBytes)
    }
}
