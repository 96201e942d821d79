import Testing

@testable import broadcast_server

@Suite struct PendingAppendsTests {
    private let start = ContinuousClock.now
    private let batch = SharedBatch(topic: .nodes, id: BatchID(node: NodeID(rawValue: 1), number: 1), bytes: [])
    private let answers = Monitor<[Result<SharedPlace, SharedLogFault>]>([])

    private func add(_ pending: inout PendingAppends) -> PendingAppends.Ticket {
        pending.add(batch, until: start + .seconds(20), now: start) { [answers] answer in
            answers.update { $0.append(answer) }
        }
    }

    @Test func `an answer that says where it stands is the end`() {
        var pending = PendingAppends()
        let ticket = add(&pending)
        pending.take(.stored(7), for: ticket, now: start)?.tell()
        #expect(answers.withLock { $0 } == [.success(SharedPlace(rawValue: 7))])
        let again = pending.take(.stored(7), for: ticket, now: start)
        #expect(again == nil && pending.count == 0 && pending.nextDeadline == nil)
    }

    @Test func `without an answer it is sent again, and so is one that nobody leads for`() {
        var pending = PendingAppends()
        let ticket = add(&pending)
        let first = [1, 2, 3].map { pending.due(now: start + .seconds($0)).again }
        #expect(first == [[], [ticket], []])
        var now = start + .seconds(3)
        for pause in [50, 100, 200, 400, 800, 1_000, 1_000] {
            let outcome = pending.take(.later("nobody"), for: ticket, now: now)
            #expect(outcome == nil)
            let again = [pause - 1, pause].map { pending.due(now: now + .milliseconds($0)).again }
            #expect(again == [[], [ticket]])
            now += .milliseconds(pause)
        }
    }

    @Test func `with a connection again it is sent again at once`() {
        var pending = PendingAppends()
        let ticket = add(&pending)
        pending.hurry(now: start + .seconds(1))
        let again = pending.due(now: start + .seconds(1)).again
        #expect(again == [ticket])
    }

    @Test func `after its time it is given up with the last reason`() {
        var pending = PendingAppends()
        let ticket = add(&pending)
        _ = pending.take(.later("nobody leads"), for: ticket, now: start + .milliseconds(19_900))
        #expect(pending.nextDeadline == start + .milliseconds(19_950))
        let (again, ended) = pending.due(now: start + .seconds(20))
        #expect(again.isEmpty)
        for outcome in ended { outcome.tell() }
        #expect(answers.withLock { $0 } == [.failure(.unanswered("nobody leads"))])
    }

    @Test func `what is refused is not sent again`() {
        var pending = PendingAppends()
        let ticket = add(&pending)
        pending.take(.refused("too large"), for: ticket, now: start)?.tell()
        #expect(answers.withLock { $0 } == [.failure(.refused("too large"))])
        #expect(pending.count == 0)
    }
}
