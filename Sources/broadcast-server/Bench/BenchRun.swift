import HTTPTypes
import LWSSwift
import Logging

/// A run of the bench: connects, warms up, measures, and waits for what is still under way.
struct BenchRun {
    let settings: BenchSettings
    let progress: BenchProgress

    /// How many connections are made at a time.
    private static let connecting = 64
    /// How long nothing may come until what is missing counts as lost.
    private static let patience: UInt64 = 2_000_000_000

    /// - Throws: why the server cannot be measured.
    func perform() async throws(Failure) -> BenchReport {
        var loops: [ServiceLoop] = []
        do throws(WebSocketError) {
            for number in 0..<settings.threads {
                loops.append(try await ServiceLoop.start(.init(name: "bench-loop-\(number)")))
            }
        } catch {
            throw Failure(error, connectingTo: settings.url)
        }
        let lanes = loops.map { LoopBound($0, BenchLane(settings)) }
        let connections = try await connect(lanes)
        let report = try await measure(lanes)
        for lane in lanes { lane.loop.execute { lane.value.end() } }
        await withTaskGroup { group in
            for connection in connections { group.addTask { _ = await connection.close() } }
        }
        for loop in loops { await loop.shutdown() }
        return report
    }

    private func connect(_ lanes: [LoopBound<BenchLane>]) async throws(Failure) -> [WebSocketConnection] {
        do {
            return try await withThrowingTaskGroup(of: WebSocketConnection.self) { group in
                var connections: [WebSocketConnection] = []
                for member in 0..<settings.connections {
                    if member >= Self.connecting, let connection = try await group.next() {
                        connections.append(connection)
                        progress.show("connecting", connections.count, of: settings.connections)
                    }
                    group.addTask { try await connect(member, lanes[member % lanes.count]) }
                }
                for try await connection in group { connections.append(connection) }
                return connections
            }
        } catch let error as WebSocketError {
            throw Failure(error, connectingTo: settings.url)
        } catch {
            throw Failure(.internalError, "Connecting failed: \(error).")
        }
    }

    private func connect(_ member: Int, _ lane: LoopBound<BenchLane>) async throws -> WebSocketConnection {
        var configuration = WebSocketClient.Configuration()
        // What compression costs here would count as the server's.
        configuration.compression = nil
        configuration.tls = settings.tls
        if let token = settings.token { configuration.headerFields.append(token.field) }
        configuration.limits.maximumMessageBytes = Defaults.grown(settings.size)
        let url = settings.url(ofMember: member)
        return try await WebSocketClient.connect(to: url, configuration, on: lane.loop) { connection in
            lane.value.join(connection, as: member)
        }
    }

    private func measure(_ lanes: [LoopBound<BenchLane>]) async throws(Failure) -> BenchReport {
        let count = settings.warmUpMessages + settings.measuredMessages
        let plan = BenchPlan(start: BenchClock.now + 100_000_000, rate: settings.rate, count: count)
        let begin = plan.time(of: settings.warmUpMessages)
        for lane in lanes { lane.loop.execute { lane.value.measure(from: begin) } }
        async let failure = Self.send(plan, on: lanes)
        let end = plan.time(of: count)
        var figures = BenchFigures()
        while true {
            try? await Task.sleep(for: .milliseconds(100))
            figures = await self.figures(lanes)
            let now = BenchClock.now
            let due = max(0, plan.due(at: now) - settings.warmUpMessages)
            progress.show("\(figures.deliveries) deliveries", due, of: settings.measuredMessages)
            guard now >= end else { continue }
            let isComplete = figures.deliveries >= settings.expectedDeliveries
            if isComplete || now > max(end, figures.lastDelivery) + Self.patience { break }
        }
        progress.end()
        if let failure = await failure { throw failure }
        return BenchReport(settings, await self.figures(lanes), begin: begin)
    }

    /// - Returns: why nothing could be sent.
    private static func send(_ plan: BenchPlan, on lanes: [LoopBound<BenchLane>]) async -> Failure? {
        do throws(Failure) {
            try await BackgroundThread.run { plan.perform(on: lanes) }
            return nil
        } catch {
            return error
        }
    }

    private func figures(_ lanes: [LoopBound<BenchLane>]) async -> BenchFigures {
        var sum = BenchFigures()
        for lane in lanes {
            // A loop that has been shut down has counted nothing.
            guard let figures = try? await lane.loop.run({ lane.value.figures }) else { continue }
            sum.add(figures)
        }
        return sum
    }
}
