import Dispatch

@testable import broadcast_server

/// A shared log in the tests' own process, for nodes that are there too: what it does is what every shared log has to.
final class MemoryLog: Sendable {
    fileprivate struct State: Sendable {
        var batches: [LoggedBatch] = []
        var ids: [BatchID: SharedPlace] = [:]
        var lastNumber: UInt64 = 0
        var nodes: [NodeID: Way] = [:]
        /// Told one after the other, in the order in which it happened.
        var untold: [(NodeID, SharedLogEvent)] = []

        mutating func takeUntold() -> (way: Way?, event: SharedLogEvent)? {
            guard !untold.isEmpty else { return nil }
            let (node, event) = untold.removeFirst()
            return (nodes[node], event)
        }
    }

    fileprivate let state = Monitor(State())
    fileprivate let epoch = UInt64.random(in: 1...UInt64.max)

    /// The way of one node more.
    func open() -> Way {
        let (way, news) = state.withLock { state in
            var generator = SystemRandomNumberGenerator()
            let node = NodeID(using: &generator)
            let last = SharedPlace(rawValue: UInt64(state.batches.count))
            let way = Way(self, node, last)
            let others = Array(state.nodes.keys)
            state.nodes[node] = way
            return (way, others)
        }
        for other in news {
            tell(.appeared(way.node), to: other)
            tell(.appeared(other), to: way.node)
        }
        return way
    }

    /// As every log it tells on a thread of its own: on a loop, what it hands to that loop would overtake what came before.
    private let teller = DispatchQueue(label: "memory-log")

    fileprivate func tell(_ event: SharedLogEvent, to node: NodeID) {
        state.withLock { $0.untold.append((node, event)) }
        tellUntold()
    }

    fileprivate func tellUntold() {
        teller.async { [self] in
            while let next = state.withLock({ $0.takeUntold() }) { next.way?.take(next.event) }
        }
    }

    /// One node's.
    final class Way: SharedLog {
        let node: NodeID
        let lastPlace: SharedPlace
        var epoch: UInt64 { log.epoch }
        var newestPlace: SharedPlace { SharedPlace(rawValue: log.state.withLock { UInt64($0.batches.count) }) }
        let maximumBatchBytes = 1 << 20
        private let log: MemoryLog
        /// Since when it is away.
        private let absence = Monitor<ContinuousClock.Instant?>(nil)
        var lastSign: ContinuousClock.Instant { absence.withLock { $0 } ?? .now }
        private let observer = Monitor<(handler: Handler<SharedLogEvent>?, early: [SharedLogEvent])>((nil, []))

        init(_ log: MemoryLog, _ node: NodeID, _ last: SharedPlace) {
            (self.log, self.node, lastPlace) = (log, node, last)
        }

        fileprivate func take(_ event: SharedLogEvent) {
            let handler = observer.withLock { observer in
                if observer.handler == nil { observer.early.append(event) }
                return observer.handler
            }
            handler?.call(event)
        }

        func append(
            _ batch: SharedBatch,
            within limit: Duration,
            _ answer: @escaping @Sendable (Result<SharedPlace, SharedLogFault>) -> Void
        ) {
            guard batch.bytes.count <= maximumBatchBytes else { return answer(.failure(.tooLarge)) }
            guard absence.withLock({ $0 }) == nil else { return answer(.failure(.unanswered("away"))) }
            let (place, isNew) = log.state.withLock { state -> (SharedPlace?, Bool) in
                guard state.nodes[node] != nil else { return (nil, false) }
                if let place = state.ids[batch.id] { return (place, false) }
                let place = SharedPlace(rawValue: UInt64(state.batches.count + 1))
                let logged = LoggedBatch(
                    topic: batch.topic,
                    place: place,
                    time: WallTime.now.milliseconds,
                    bytes: batch.bytes
                )
                state.batches.append(logged)
                state.ids[batch.id] = place
                for node in state.nodes.keys { state.untold.append((node, .batch(logged))) }
                return (place, true)
            }
            answer(place.map(Result.success) ?? .failure(.closed))
            if isNew { log.tellUntold() }
        }

        func follow(_ body: @escaping @Sendable (SharedLogEvent) -> Void) {
            let batches = log.state.withLock { $0.batches.prefix(Int(lastPlace.rawValue)) }
            for batch in batches { body(.batch(batch)) }
            while true {
                let event = observer.withLock { observer -> SharedLogEvent? in
                    guard !observer.early.isEmpty else {
                        observer.handler = Handler(call: body)
                        return nil
                    }
                    return observer.early.removeFirst()
                }
                guard let event else { return }
                body(event)
            }
        }

        func reserve(
            _ count: UInt64,
            within limit: Duration,
            _ answer: @escaping @Sendable (Result<UInt64, SharedLogFault>) -> Void
        ) {
            let first = log.state.withLock { state in
                defer { state.lastNumber += count }
                return state.lastNumber + 1
            }
            answer(.success(first))
        }

        func send(_ bytes: [UInt8], to node: NodeID) {
            log.tell(.letter(bytes), to: node)
        }

        /// Has the node lose its way to the log for a while, which takes nothing of it then, and has not been heard since an
        /// instant.
        func goAway(_ reason: String, since instant: ContinuousClock.Instant = .now) {
            absence.withLock { $0 = instant }
            log.tell(.away(reason), to: node)
        }

        func comeBack() {
            absence.withLock { $0 = nil }
            log.tell(.back, to: node)
        }

        /// Has the node miss something of the log.
        func lose() {
            log.tell(.lost(after: lastPlace, before: SharedPlace(rawValue: lastPlace.rawValue + 2)), to: node)
        }

        func close() {
            let others = log.state.withLock { state -> [NodeID] in
                guard state.nodes.removeValue(forKey: node) != nil else { return [] }
                return Array(state.nodes.keys)
            }
            for other in others { log.tell(.vanished(node), to: other) }
        }
    }
}
