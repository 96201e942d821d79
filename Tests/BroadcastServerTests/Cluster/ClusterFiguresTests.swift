import TestSupport
import Testing

@testable import broadcast_server

@Suite(.timeLimit(.minutes(1))) struct ClusterFiguresTests {
    private let start = ContinuousClock.now
    private let figures = ClusterFigures()

    private func id(_ number: UInt64) -> BatchID { BatchID(node: NodeID(rawValue: 1), number: number) }
    private func after(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }
    private func place(_ number: UInt64) -> SharedPlace { SharedPlace(rawValue: number) }
    private var now: ClusterFigures.Snapshot { figures.snapshot(queuedBytes: 0, newest: .beginning, silence: .zero) }

    @Test func `each time stands in the range that it is in`() {
        var histogram = DurationHistogram()
        #expect(histogram.mean == nil)
        for milliseconds in [1, 2, 3, 60_000] { histogram.add(.milliseconds(milliseconds)) }
        let ranges = histogram.counts.indices.filter { histogram.counts[$0] > 0 }
        #expect(ranges == [2, 3, 4, DurationHistogram.bounds.count])
        #expect(histogram.count == 4 && histogram.longest == .seconds(60) && histogram.sum == .milliseconds(60_006))
        #expect(DurationHistogram.bounds == DurationHistogram.bounds.sorted())
    }

    @Test func `a batch is in flight until it is answered, and its times are counted once`() {
        figures.sent(id(1), now: start)
        figures.sent(id(2), now: start)
        #expect(now.inFlight == 2)
        #expect(figures.answered(id(1), at: place(1), now: after(3)))
        _ = figures.answered(id(1), at: place(1), now: after(4))
        #expect(now.inFlight == 1)
        #expect(figures.delivered(id(1), at: place(1), now: after(10)))
        #expect(figures.delivered(id(1), at: place(1), now: after(20)))
        #expect(now.publishToAcknowledgement.sum == .milliseconds(3) && now.publishToAcknowledgement.count == 1)
        #expect(now.acknowledgementToDelivery.sum == .milliseconds(7) && now.acknowledgementToDelivery.count == 1)
    }

    @Test func `one that comes back before it is answered took no time to come back`() {
        figures.sent(id(1), now: start)
        #expect(figures.delivered(id(1), at: place(1), now: after(2)))
        #expect(now.inFlight == 1)
        #expect(figures.answered(id(1), at: place(1), now: after(5)))
        #expect(now.acknowledgementToDelivery.count == 1 && now.acknowledgementToDelivery.sum == .zero)
        #expect(now.publishToAcknowledgement.sum == .milliseconds(5) && now.inFlight == 0)
    }

    @Test func `a batch that comes back from another place than was said is told, whatever comes first`() {
        figures.sent(id(1), now: start)
        #expect(figures.answered(id(1), at: place(5), now: start))
        #expect(!figures.delivered(id(1), at: place(4), now: start))
        figures.sent(id(2), now: start)
        #expect(figures.delivered(id(2), at: place(6), now: start))
        #expect(!figures.answered(id(2), at: place(7), now: start))
    }

    @Test func `what was not stored, and what others have sent, is not counted`() {
        figures.sent(id(1), now: start)
        #expect(figures.answered(id(1), at: nil, now: after(5)))
        #expect(figures.delivered(id(1), at: place(1), now: after(6)))
        #expect(figures.delivered(id(7), at: place(1), now: after(6)))
        #expect(now == ClusterFigures.Snapshot())
    }

    @Test func `a node is behind by the places that it knows of and has not taken`() {
        figures.took(SharedPlace(rawValue: 5))
        let lags = [4, 5, 9].map { newest in
            figures.snapshot(queuedBytes: 0, newest: SharedPlace(rawValue: newest), silence: .zero).lag
        }
        #expect(lags == [0, 0, 4])
    }

    @Test func `they are one line for the log`() {
        figures.sent(id(1), now: start)
        #expect(figures.answered(id(1), at: place(1), now: after(3)))
        figures.cameBack()
        let snapshot = figures.snapshot(
            queuedBytes: 7,
            newest: SharedPlace(rawValue: 2),
            silence: .microseconds(420_900)
        )
        #expect(
            "\(snapshot)"
                == "1 batches stored 3.00 ms (at most 3.00 ms), back - later; 0 in flight, 7 bytes wait, 2 places behind, "
                + "1 times back after the cluster was away, last sign of it 420 ms ago"
        )
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `a node counts its batches, and how often its log came back`(kind: LogFixture.Kind) async throws {
        try await ClusterFixture.with(kind, nodes: 1) { cluster in
            let ann = try await cluster.connected(0)
            try await ann.send(.message(text: "hi", key: "k"))
            _ = try await ann.nextAcknowledgement()
            let replication = try #require(cluster.nodes[0].replication)
            // The join, and the message; the last may not have been answered yet, though it has come back.
            let figures = replication.figuresNow
            #expect(figures.publishToAcknowledgement.count + figures.inFlight == 2)
            #expect(figures.queuedBytes == 0 && figures.lag == 0 && figures.returns == 0)
        }
    }
}
