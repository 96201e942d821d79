import LWSSwift

/// The members on one loop, and what they see. Confined to the loop.
final class BenchLane {
    private let size: Int
    private let publisherCount: Int
    private var publishers: [Int: LoopConnection] = [:]
    private(set) var figures = BenchFigures()
    /// What was planned before is not measured.
    private var begin: UInt64 = .max
    private var isOver = false

    init(_ settings: BenchSettings) {
        size = settings.size
        publisherCount = settings.publishers
    }

    func join(_ connection: LoopConnection, as member: Int) {
        if member < publisherCount { publishers[member] = connection }
        connection.onBorrowedMessage { [self] message in
            // An echo is no delivery.
            guard let payload = BenchPayload(endOf: message, ofBytes: size), payload.publisher != member,
                payload.plannedAt >= begin
            else { return }
            figures.deliver(plannedAt: payload.plannedAt, at: BenchClock.now)
        }
        connection.onClose { [self] _ in
            if !isOver { figures.lost += 1 }
        }
    }

    func measure(from begin: UInt64) {
        self.begin = begin
    }

    /// Sends those of the planned messages that are this loop's, which are due.
    func send(_ numbers: Range<Int>, of plan: BenchPlan) {
        for number in numbers {
            let publisher = number % publisherCount
            guard let connection = publishers[publisher] else { continue }
            let time = plan.time(of: number)
            let message = BenchPayload(plannedAt: time, publisher: publisher).message(ofBytes: size)
            let isSent = connection.trySend(message) != .dropped
            guard time >= begin else { continue }
            if isSent { figures.sent += 1 } else { figures.unsent += 1 }
        }
    }

    func end() {
        isOver = true
    }
}
