import Testing

@testable import broadcast_server

@Suite struct PeerWatchTests {
    private let start = ContinuousClock.now
    private let nodes = [NodeID(rawValue: 1), NodeID(rawValue: 2)]

    @Test func `one that is silent for too long is gone, once`() {
        var watch = PeerWatch(silence: .seconds(6))
        let news = [
            watch.heard(nodes[0], now: start), watch.heard(nodes[1], now: start),
            watch.heard(nodes[1], now: start + .seconds(3)),
        ]
        #expect(news == [true, true, false])
        let silent = [5.9, 6, 7, 9].map { watch.takeSilent(now: start + .seconds($0)) }
        #expect(silent == [[], [nodes[0]], [], [nodes[1]]])
        let isNews = watch.heard(nodes[1], now: start + .seconds(10))
        #expect(isNews)
    }

    @Test func `who could not hear takes nobody for gone`() {
        var watch = PeerWatch(silence: .seconds(6))
        _ = watch.heard(nodes[0], now: start)
        watch.setHearing(false, now: start + .seconds(1))
        let deaf = watch.takeSilent(now: start + .seconds(60))
        watch.setHearing(true, now: start + .seconds(60))
        let silent = [65, 66].map { watch.takeSilent(now: start + .seconds($0)) }
        #expect(deaf.isEmpty && silent == [[], [nodes[0]]])
    }

    @Test func `who says that it goes is gone at once`() {
        var watch = PeerWatch(silence: .seconds(6))
        _ = watch.heard(nodes[0], now: start)
        let (known, again) = (watch.left(nodes[0]), watch.left(nodes[0]))
        #expect(known && !again)
        let silent = watch.takeSilent(now: start + .seconds(60))
        #expect(silent.isEmpty)
    }
}
