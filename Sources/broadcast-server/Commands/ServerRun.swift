import Glibc
import LWSSwift
import Logging
import UnixSignals

/// `start` as a process: one server, or several one after another, until there is a reason to end.
struct ServerRun: Sendable {
    let flags: StartFlags
    let log: ProgramLog
    let stop: StopSignals
    /// Who wants to hear how it is; nil for nobody.
    let manager: ServiceManager?
    /// What an upgrade starts.
    let program: String
    /// Whose place this process is to take; nil for nobody's.
    let predecessor: Predecessor?
    private let control: ServerControl

    init(
        flags: StartFlags,
        log: ProgramLog,
        stop: StopSignals,
        manager: ServiceManager?,
        program: String,
        predecessor: Predecessor?
    ) {
        self.flags = flags
        self.log = log
        self.stop = stop
        self.manager = manager
        self.program = program
        self.predecessor = predecessor
        control = ServerControl(stop)
    }

    private var logger: Logger { log.logger("server") }

    /// - Throws: a failure, or the exit code.
    func run(_ configuration: inout StartConfiguration, _ sockets: ListeningSockets) async throws {
        var settings = configuration.settings
        // Sockets that were passed on, by a service manager or by the server before this one, are nobody's to open anew.
        let isActivated = !sockets.clients.isEmpty || !sockets.admin.isEmpty
        var reception = Reception(sockets)
        if let predecessor {
            // Nobody may begin to wait for what the other one still has.
            let turn = await stop.cancelling { () async -> Result<Int?, Failure> in
                do throws(Failure) { return .success(try await predecessor.waitForTurn()) } catch {
                    return .failure(error)
                }
            }
            guard let connections = try turn.get() else {
                if let cause = await stop.causes.first(where: { $0 != .reload && $0 != .upgrade }) { tellStop(cause) }
                return logger.event(.info, .stopped, "Server stopped.")
            }
            reception = Reception(sockets, returningConnections: connections)
        }
        var server = try await start(settings, configuration.text, reception, wasReady: predecessor != nil)
        for await cause in stop.causes {
            switch cause {
            case .reload:
                stop.beginReload()
                guard let server else { continue }
                manager?.tell(.reloading)
                await Reload(flags: flags, log: log).run(server, &configuration)
                settings.adopt(configuration.settings)
                manager?.tell(.ready)
            case .upgrade:
                guard let running = server else { continue }
                switch await upgrade(running, settings) {
                case .failed: break
                case .done(let process):
                    // Whoever wanted this one to end meanwhile means the one that has its place now.
                    if stop.isEndAskedFor { kill(process, SIGTERM) }
                    return
                case .lost(let sockets) where stop.isEndAskedFor:
                    // As the other one was, when all processes are told.
                    sockets.close()
                    server = nil
                case .lost(let sockets):
                    server = try await start(settings, configuration.text, Reception(sockets), wasReady: true)
                }
            case .clusterLost:
                guard let running = server else { continue }
                tellStop(cause)
                // Under its old address. Its clients go elsewhere, unless somebody else keeps its sockets, where they wait.
                settings.port = running.port
                let kept = isActivated ? try await running.copySockets() : ListeningSockets()
                await running.shutdown(leavesSockets: isActivated)
                // With more patience than with a start that people look at.
                if let limit = settings.cluster?.startLimit { settings.cluster?.startLimit = max(limit, .seconds(60)) }
                server = try await start(settings, configuration.text, Reception(kept), wasReady: true)
            case .signal, .drain, .timedOut, .outputFailed:
                await end(server, cause, settings)
                if case .outputFailed = cause { throw cause.exitCode }
            }
        }
    }

    // MARK: The beginning

    /// nil when the end was asked for while it waited for its cluster.
    private func start(
        _ settings: StartSettings,
        _ configuration: String,
        _ reception: Reception,
        wasReady: Bool
    ) async throws(Failure) -> ChatServer? {
        // Nothing turns while it waits for its cluster, which is no fault.
        let sign = Task { await manager?.keepAlive(wasReady: wasReady) }
        defer { sign.cancel() }
        let result = await stop.cancelling { () async -> Result<ChatServer, Failure>? in
            while true {
                // What is lost before the server listens begins anew here, and later where its end is waited for.
                let loss = Monitor((isLost: false, hasStarted: false))
                do throws(Failure) {
                    let server = try await ChatServer.start(
                        settings,
                        configuration: configuration,
                        reception: reception,
                        control: control,
                        log: log
                    ) { _ in
                        let hasStarted = loss.withLock { loss in
                            loss.isLost = true
                            return loss.hasStarted
                        }
                        if hasStarted { stop.beginAnew() }
                    }
                    let isLost = loss.withLock { loss in
                        loss.hasStarted = true
                        return loss.isLost
                    }
                    if isLost { stop.beginAnew() }
                    return .success(server)
                } catch {
                    if Task.isCancelled { return nil }
                    guard loss.withLock({ $0.isLost }) else { return .failure(error) }
                }
            }
        }
        guard let result else { return nil }
        let server: ChatServer
        do throws(Failure) {
            server = try result.get()
        } catch {
            log.writeToFile(.error, error.message)
            throw error
        }
        log.announce("✅ Server started at \(server.url)", .started, ["url": .string(server.url)])
        if let manager {
            manager.tell(.ready, .status("Serving at \(server.url)"))
            if let patience = manager.watchdogInterval {
                Watchdog(manager, server.loops, patience: patience).begin()
            }
        }
        return server
    }

    // MARK: The end

    private func end(_ server: ChatServer?, _ cause: StopCause, _ settings: StartSettings) async {
        tellStop(cause)
        control.end()
        let plan = plan(for: cause, settings)
        if let manager {
            manager.tell(.stopping, .status("Sending clients away"))
            if let server, let plan { manager.tell(.takes(plan.patience(server.connectionCount))) }
        }
        if let server { await stop.untilHurried { _ = await server.shutdown(plan) } }
        logger.event(.info, .stopped, "Server stopped.")
    }

    private func tellStop(_ cause: StopCause) {
        logger.event(.info, .stopping, ["cause": .string(cause.name)], "Server stops (\(cause.name)).")
    }

    /// nil to close everything at once.
    private func plan(for cause: StopCause, _ settings: StartSettings) -> DrainPlan? {
        let drain = settings.drain
        switch cause {
        case .signal(.sigterm):
            // With a cluster there are others who serve the same channels.
            let sequel: DrainPlan.Sequel = settings.cluster == nil ? .restart : .others
            return DrainPlan(sequel: sequel, delay: drain.delay, rate: drain.rate)
        case .drain(let time):
            return DrainPlan(sequel: .others, delay: drain.delay, rate: drain.rate, span: time)
        default: return nil
        }
    }

    // MARK: Another process

    private enum Upgrade {
        /// This process goes on as if nothing had been.
        case failed
        /// The other process, of this number, has everything.
        case done(Int32)
        /// The other process has ended when this one had given up everything else than these.
        case lost(ListeningSockets)
    }

    private func upgrade(_ server: ChatServer, _ settings: StartSettings) async -> Upgrade {
        logger.event(
            .info,
            .upgrade,
            ["program": .string(program)],
            "Server starts \(EscapedText.escape(program)), which is to take its place."
        )
        let successor: Successor
        let kept: ListeningSockets
        do throws(Failure) {
            kept = try await server.copySockets()
            // It opens the log file when it starts, before its turn.
            log.lendFile()
            do throws(Failure) {
                successor = try Successor(
                    program: program,
                    passing: try await server.copySockets(),
                    heededSignals: stop.heededSignals
                )
                // From a second signal on: it would take the end of this process for its turn.
                stop.beforeCut(successor.giveUp)
                try await wait(for: successor)
            } catch {
                stop.beforeCut(nil)
                log.takeFileBack()
                kept.close()
                throw error
            }
        } catch {
            if !stop.isEndAskedFor {
                logger.event(.error, .upgrade, "The server goes on as it is. \(EscapedText.escape(error.message))")
            }
            control.fail(error)
            return .failed
        }
        tellStop(.upgrade)
        control.give(to: successor.processID)
        let start = ContinuousClock.now
        let plan = DrainPlan(sequel: .successor, rate: settings.drain.rate)
        let connections = await server.shutdown(plan, leavesSockets: true)
        manager?.tell(.mainProcess(successor.processID))
        guard successor.go(connections: connections) else {
            successor.end()
            stop.beforeCut(nil)
            log.takeFileBack()
            manager?.tell(.mainProcess(getpid()))
            if !stop.isEndAskedFor {
                logger.event(.error, .upgrade, "The new server has ended before its turn: this one begins anew.")
            }
            stop.endUpgrade()
            control.goOn()
            return .lost(kept)
        }
        kept.close()
        let time = Int((ContinuousClock.now - start) / .milliseconds(1))
        logger.event(
            .info,
            .upgrade,
            ["process": .stringConvertible(successor.processID), "milliseconds": .stringConvertible(time)],
            "Server stopped: after \(time) ms process \(successor.processID) has its place."
        )
        return .done(successor.processID)
    }

    private func wait(for successor: Successor) async throws(Failure) {
        let result = await stop.cancelling { () async -> Result<Void, Failure> in
            do throws(Failure) {
                return try await BackgroundThread.run(onCancel: successor.giveUp) { () -> Result<Void, Failure> in
                    do throws(Failure) { return .success(try successor.waitUntilReady()) } catch {
                        return .failure(error)
                    }
                }
            } catch {
                // There is no thread to wait on.
                successor.giveUp()
                successor.end()
                return .failure(error)
            }
        }
        try result.get()
    }
}
