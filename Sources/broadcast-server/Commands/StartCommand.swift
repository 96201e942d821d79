import ArgumentParser
import CoreMetrics
import Glibc
import Logging

/// `broadcast-server start`: the server.
struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Run the server until SIGINT (Ctrl-C) or SIGTERM.",
        discussion: """
            Sends each text message of one client to all others as "Client <id>: <text>"; binary messages pass \
            unchanged. Any WebSocket client can take part. The path of its URL names a channel, and ?name= the client, as \
            in ws://localhost:8088/team?name=ann; clients that offer the subprotocol \(ChatProtocol.subprotocol) get JSON.

            EXAMPLES:
              broadcast-server start
              broadcast-server start --host 0.0.0.0 --port 9000
              broadcast-server start --state-dir /var/lib/broadcast-server --durable
              broadcast-server start --log-level warning --log-file chat.log
              broadcast-server start --config /etc/broadcast-server.yaml
              broadcast-server start --port 9000 --print-config > broadcast-server.yaml
              BROADCAST_SERVER_PORT=9000 broadcast-server start --no-log-file

            \(ServerOptions.environmentHelp)
              A flag wins over a variable, a variable over the file of --config, that over the default. A variable that is \
            empty counts as not set. The file has the names of the flags without the hyphens before them, as in port: 9000.

            SIGNALS:
              INT, TERM  stop: close every connection, then end; a second one ends at once
              HUP        open the log file again, after it was renamed, and read anew variables, the file, \
            certificates, tokens and keys: all of it, or nothing when something is wrong. \
            It changes: \(ServerOptions.reloadableNames).

            \(ExitCode.help([
                .success, .usage, .badInput, .unknownHost, .unavailable, .internalError, .systemError, .cannotCreateFile,
                .inputOutput, .noPermission, .badConfiguration, .interrupted, .brokenPipe, .terminated,
            ]))
              130 and 143 only when a second signal cut the orderly end short.
            """
    )

    @OptionGroup var flags: StartFlags

    @Flag(help: "Print each option with its value and who has said it, as a configuration file, and do not start.")
    var printConfig = false

    func run() async throws {
        var configuration: StartConfiguration
        do throws(StartConfiguration.Problems) {
            configuration = try StartConfiguration(flags: flags)
        } catch {
            throw error.failure
        }
        if printConfig { return try CommandOutput.print(configuration.text) }
        MetricsSystem.bootstrap(LibraryMetrics.shared)
        var settings = configuration.settings
        let stop = StopSignals()
        // Lines only: four times as many in a write cost less, and nobody sees the difference.
        let log = try ProgramLog(settings.log, stream: .output, gathering: .milliseconds(20)) { error in
            // A server goes on without a console, unless it is part of a shell's pipe that has come to its end.
            if error == SystemError(EPIPE), BrokenPipe.endsProgram.withLock({ $0 }) { stop.stop(.outputFailed(error)) }
        }
        // A terminal that stands still must not keep a server from ending.
        defer { log.close(atMost: .seconds(2)) }
        for warning in configuration.warnings { log.logger("server").event(.warning, .configuration, warning) }
        await stop.watch {
            log.reopenFile()
            stop.reload()
        }

        var server = try await start(settings, configuration.text, stop, log)
        for await cause in stop.causes {
            if case .reload = cause {
                stop.beginReload()
                guard let server else { continue }
                await Reload(flags: flags, log: log).run(server, &configuration)
                settings.adopt(configuration.settings)
                continue
            }
            log.logger("server").event(
                .info,
                .stopping,
                ["cause": .string(cause.name)],
                "Server stops (\(cause.name))."
            )
            await server?.shutdown()
            if case .clusterLost = cause {
                // Under its old address, and with more patience than with a start that people look at.
                if let port = server?.port { settings.port = port }
                if let limit = settings.cluster?.startLimit { settings.cluster?.startLimit = max(limit, .seconds(60)) }
                server = try await start(settings, configuration.text, stop, log)
                continue
            }
            log.logger("server").event(.info, .stopped, "Server stopped.")
            if case .outputFailed = cause { throw cause.exitCode }
        }
    }

    /// nil when the end was asked for while it waited for its cluster.
    private func start(
        _ settings: StartSettings,
        _ configuration: String,
        _ stop: StopSignals,
        _ log: ProgramLog
    ) async throws(Failure) -> ChatServer? {
        let result = await stop.cancelling { () async -> Result<ChatServer, Failure>? in
            while true {
                // What is lost before the server listens begins anew here, and later where its end is waited for.
                let loss = Monitor((isLost: false, hasStarted: false))
                do throws(Failure) {
                    let server = try await ChatServer.start(settings, configuration: configuration, log: log) { _ in
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
        return server
    }
}
