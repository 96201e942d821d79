import Dispatch
import Testing

@testable import LWSSwift

@Suite(.timeLimit(.minutes(1))) struct BlockingWorkTests {
    @Test func `work that blocks keeps no task from running`() async throws {
        let work = BlockingWork(width: 4)
        let (gate, done) = (DispatchSemaphore(value: 0), Watched(0))
        for _ in 0..<200 {
            work.run {
                gate.wait()
                done.update { $0 += 1 }
            }
        }
        // A pool whose threads block grows by one a second, and each of them would take the next piece.
        let begin = ContinuousClock.now
        for _ in 0..<5 {
            try await Task.sleep(for: .milliseconds(1))
            await Task.detached {}.value
        }
        #expect(ContinuousClock.now - begin < .seconds(2))
        for _ in 0..<200 { gate.signal() }
        try await done.wait { $0 == 200 }
    }

    @Test func `so much is done at a time, and the rest in order`() async throws {
        let work = BlockingWork(width: 1)
        let order = Watched<[Int]>([])
        for number in 0..<100 { work.run { order.append(number) } }
        try await order.wait { $0.count == 100 }
        #expect(order.value == Array(0..<100))

        let (gate, begun) = (DispatchSemaphore(value: 0), Watched(0))
        let wide = BlockingWork(width: 3)
        for _ in 0..<10 {
            wide.run {
                begun.update { $0 += 1 }
                gate.wait()
            }
        }
        try await begun.wait { $0 == 3 }
        gate.signal()
        try await begun.wait { $0 == 4 }
        for _ in 0..<9 { gate.signal() }
        try await begun.wait { $0 == 10 }
    }
}
