import Synchronization
import Testing

@testable import broadcast_server

@Suite struct HandlerTests {
    @Test func `a handler behind a lock is called as often as one likes`() {
        let count = Atomic(0)
        let mutex = Mutex<Handler<Int>?>(nil)
        let monitor = Monitor<Handler<Int>?>(nil)
        mutex.withLock { $0 = Handler { _ = count.add($0, ordering: .relaxed) } }
        monitor.update { $0 = Handler { _ = count.add($0, ordering: .relaxed) } }
        for _ in 0..<300_000 {
            mutex.withLock { $0 }?.call(1)
            monitor.withLock { $0 }?.call(1)
        }
        #expect(count.load(ordering: .relaxed) == 600_000)
    }
}
