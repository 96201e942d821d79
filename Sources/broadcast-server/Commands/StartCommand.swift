import ArgumentParser
import CoreMetrics
import FoundationEssentials
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
              INT        stop: close every connection, then end; a second one ends at once
              TERM       the same, with clients told when to come back, at --drain-rate, and --drain-delay before
              USR2       upgrade: start the program's file anew, and let it take over without refusing anybody
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
        let program = ProgramFile.path
        let variables = ProcessInfo.processInfo.environment
        let sockets = try ListeningSockets(variables)
        let predecessor = sockets.predecessor.map(Predecessor.init)
        var configuration: StartConfiguration
        do throws(StartConfiguration.Problems) {
            // The one before it goes on if anything is wrong.
            configuration = try StartConfiguration(flags: flags, checksFiles: predecessor != nil)
        } catch {
            predecessor?.tell(error.failure)
            throw error.failure
        }
        if printConfig { return try CommandOutput.print(configuration.text) }
        MetricsSystem.bootstrap(LibraryMetrics.shared)
        let stop = StopSignals()
        let log: ProgramLog
        do throws(Failure) {
            // Lines only: four times as many in a write cost less, and nobody sees the difference.
            log = try ProgramLog(configuration.settings.log, stream: .output, gathering: .milliseconds(20)) { error in
                // A server goes on without a console, unless it is part of a shell's pipe that has come to its end.
                if error == SystemError(EPIPE), BrokenPipe.endsProgram.withLock({ $0 }) {
                    stop.stop(.outputFailed(error))
                }
            }
        } catch {
            predecessor?.tell(error)
            throw error
        }
        // A terminal that stands still must not keep a server from ending.
        defer { log.close(atMost: .seconds(2)) }
        for warning in configuration.warnings { log.logger("server").event(.warning, .configuration, warning) }
        await stop.watch(
            onHangup: {
                log.reopenFile()
                stop.reload()
            },
            onUpgrade: stop.upgrade
        )
        try await ServerRun(
            flags: flags,
            log: log,
            stop: stop,
            manager: ServiceManager(variables),
            program: program,
            predecessor: predecessor
        ).run(&configuration, sockets)
    }
}
