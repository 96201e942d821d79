import LWSSwift

/// Tells the service manager now and then that all service loops turn. The loops do it themselves: each hands the word on to
/// the next, and the last one tells; when one stands still nothing is told, and the service manager does what it was set to.
final class Watchdog: Sendable {
    private let manager: ServiceManager
    private let loops: [ServiceLoop]
    private let interval: Duration

    /// - Parameter patience: within which time something has to be told.
    init(_ manager: ServiceManager, _ loops: [ServiceLoop], patience: Duration) {
        self.manager = manager
        self.loops = loops
        // Timers of a loop may be late by a tenth of a second.
        interval = max(patience / 2 - .milliseconds(100), patience / 4)
    }

    /// Begins; lasts as long as the loops.
    func begin() {
        loops[0].execute { self.pass(to: 0) }
    }

    private func pass(to index: Int) {
        guard index == loops.count else { return loops[index].execute { self.pass(to: index + 1) } }
        manager.tell(.alive)
        loops[0].execute { [self] in
            loops[0].call(after: interval) { self.pass(to: 0) }
        }
    }
}
