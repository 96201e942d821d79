import TestSupport
import Testing

@testable import broadcast_server

/// What every kind of shared log does.
@Suite(.timeLimit(.minutes(1))) struct SharedLogTests {
    @Test(arguments: LogFixture.Kind.allCases)
    func `all nodes are told everything, in one order`(kind: LogFixture.Kind) async throws {
        let fixture = try await LogFixture.make(kind)
        defer { withExtendedLifetime(fixture) {} }
        let logs = [try await fixture.open(), try await fixture.open()]
        let readers = logs.map(LogReader.init)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, log) in logs.enumerated() {
                group.addTask {
                    for number in 1...100 {
                        let topic: SharedTopic = number % 2 == 0 ? .said(.default) : .presence(.default)
                        _ = try await log.append("\(index) \(number)", to: topic, number: UInt64(number))
                    }
                }
            }
            try await group.waitForAll()
        }
        let texts = [try await readers[0].texts(200), try await readers[1].texts(200)]
        #expect(texts[0] == texts[1])
        for index in 0..<2 {
            #expect(texts[0].filter { $0.hasPrefix("\(index) ") } == (1...100).map { "\(index) \($0)" })
        }
        let places = try await readers[0].places(200)
        #expect(places == places.sorted() && Set(places).count == 200)
        for log in logs { log.close() }
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `a batch that is sent again with its id stands once`(kind: LogFixture.Kind) async throws {
        let fixture = try await LogFixture.make(kind)
        defer { withExtendedLifetime(fixture) {} }
        let log = try await fixture.open()
        let reader = LogReader(log)
        let first = try await log.append("a", number: 1)
        let again = try await log.append("a", number: 1)
        let next = try await log.append("b", number: 2)
        #expect(again == first && first < next)
        #expect(try await reader.texts(2) == ["a", "b"])
        log.close()
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `a node that comes later is told what was there before`(kind: LogFixture.Kind) async throws {
        let fixture = try await LogFixture.make(kind)
        defer { withExtendedLifetime(fixture) {} }
        let log = try await fixture.open()
        let last = try await log.append("a", number: 1)
        let later = try await fixture.open()
        #expect(later.lastPlace == last && log.lastPlace == .beginning)
        #expect(later.epoch == log.epoch)
        let reader = LogReader(later)
        _ = try await log.append("b", number: 2)
        #expect(try await reader.texts(2) == ["a", "b"])
        log.close()
        later.close()
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `nodes hear of each other, and of one that goes`(kind: LogFixture.Kind) async throws {
        let fixture = try await LogFixture.make(kind)
        defer { withExtendedLifetime(fixture) {} }
        let (one, other) = (try await fixture.open(), try await fixture.open())
        let readers = (LogReader(one), LogReader(other))
        #expect(try await readers.0.first(1) { if case .appeared(let node) = $0 { node } else { nil } } == [other.node])
        #expect(try await readers.1.first(1) { if case .appeared(let node) = $0 { node } else { nil } } == [one.node])
        other.close()
        #expect(try await readers.0.first(1) { if case .vanished(let node) = $0 { node } else { nil } } == [other.node])
        one.close()
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `a letter comes to the node that it is for`(kind: LogFixture.Kind) async throws {
        let fixture = try await LogFixture.make(kind)
        defer { withExtendedLifetime(fixture) {} }
        let (one, other) = (try await fixture.open(), try await fixture.open())
        let reader = LogReader(other)
        _ = try await reader.first(1) { if case .appeared(let node) = $0 { node } else { nil } }
        for number: UInt8 in 1...3 { one.send([number], to: other.node) }
        let letters: [[UInt8]] = try await reader.first(3) { if case .letter(let bytes) = $0 { bytes } else { nil } }
        #expect(letters == [[1], [2], [3]])
        one.close()
        other.close()
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `numbers are given once, to whomever`(kind: LogFixture.Kind) async throws {
        let fixture = try await LogFixture.make(kind)
        defer { withExtendedLifetime(fixture) {} }
        let logs = [try await fixture.open(), try await fixture.open()]
        let firsts = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for log in logs {
                for _ in 0..<3 { group.addTask { try await log.reserve(10) } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(firsts.sorted() == [1, 11, 21, 31, 41, 51])
        for log in logs { log.close() }
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `what is too large is refused, and so is what comes after the end`(kind: LogFixture.Kind) async throws {
        let fixture = try await LogFixture.make(kind)
        defer { withExtendedLifetime(fixture) {} }
        let log = try await fixture.open()
        await #expect(throws: SharedLogFault.tooLarge) {
            try await log.append(String(repeating: "x", count: log.maximumBatchBytes + 1), number: 1)
        }
        _ = try await log.append(String(repeating: "x", count: log.maximumBatchBytes), number: 2)
        log.close()
        await #expect(throws: SharedLogFault.closed) { try await log.append("a", number: 3) }
    }
}
