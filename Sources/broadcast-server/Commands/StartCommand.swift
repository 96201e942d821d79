import ArgumentParser
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
              BROADCAST_SERVER_PORT=9000 broadcast-server start --no-log-file

            ENVIRONMENT:
              BROADCAST_SERVER_HOST         like --host
              BROADCAST_SERVER_PORT         like --port
              BROADCAST_SERVER_LOG_LEVEL    like --log-level
              BROADCAST_SERVER_LOG_FILE     like --log-file
              BROADCAST_SERVER_LOG_MESSAGES like --log-messages
              BROADCAST_SERVER_NO_LOG_FILE  true: like --no-log-file
              BROADCAST_SERVER_ALLOW_ORIGIN like --allow-origin, several separated by commas
              BROADCAST_SERVER_ECHO         true: like --echo
              BROADCAST_SERVER_STATE_DIR    like --state-dir
              BROADCAST_SERVER_DURABLE      true: like --durable
              BROADCAST_SERVER_THREADS, _ENVELOPE, _MAX_MESSAGE, _SLOW_CLIENT, _MAX_BACKLOG, _MAX_LAG, _COMPRESSION, _TLS_CERT,
              _TLS_KEY, _PING_INTERVAL, _COMMENT_INTERVAL, _HISTORY_MESSAGES, _HISTORY_BYTES, _HISTORY_AGE, _HISTORY_TOTAL,
              _SESSION_GRACE
                                            like the flags of these names
              A flag wins over a variable, a variable over the default. The log file is
              \(Defaults.serverLogFile) by default.

            SIGNALS:
              INT, TERM  stop: close every connection, then end; a second one ends at once
              HUP        open the log file again, after it was renamed

            \(ExitCode.help([
                .success, .usage, .badInput, .unknownHost, .unavailable, .internalError, .systemError, .cannotCreateFile,
                .inputOutput, .noPermission, .badConfiguration, .interrupted, .brokenPipe, .terminated,
            ]))
              130 and 143 only when a second signal cut the orderly end short.
            """
    )

    /// The flags of this command alone.
    struct Flags: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "The name or address to listen at; 0.0.0.0 and :: stand for all of them. (default: \(Defaults.host))"
            )
        )
        var host: String?

        @Option(
            help: "The port to listen on; 0 picks a free one. (default: \(Defaults.port))",
            transform: { text in
                guard let port = Port.parse(text) else { throw ValidationError(Port.rule) }
                return port
            }
        )
        var port: Int?

        @Flag(help: "Send a message to its sender too.")
        var echo = false

        @Option(
            help: ArgumentHelp(
                """
                What the others get: text for "Client <id>: <text>", none for the message as it came. \
                (default: \(ChatSettings().envelope.rawValue))
                """
            )
        )
        var envelope: Envelope?

        @Option(
            help: ArgumentHelp(
                "The largest message that is taken, from 1K to 64M. (default: 1M)",
                valueName: "bytes"
            ),
            transform: { text in
                guard let count = ByteCount.parseMessage(text) else { throw ValidationError(ByteCount.messageRule) }
                return count
            }
        )
        var maxMessage: Int?

        @Option(
            help: ArgumentHelp(
                """
                What to do with a client that does not keep up: close, drop-oldest or drop-newest. (default: close)
                """
            )
        )
        var slowClient: SlowClientAction?

        @Option(
            help: ArgumentHelp(
                "How many bytes a client may be behind, such as 512K or 16M. (default: 16M, more for larger messages)"
            ),
            transform: { text in
                guard let count = ByteCount.parse(text) else { throw ValidationError(ByteCount.rule) }
                return count
            }
        )
        var maxBacklog: Int?

        @Option(
            help: "How long a client may be behind, such as 500ms or 2m. (default: 30s)",
            transform: { text in
                guard let time = TimeSpan.parse(text) else { throw ValidationError(TimeSpan.rule) }
                return time
            }
        )
        var maxLag: Duration?

        @Option(help: "Compress messages for clients that offer it: on or off. (default: on)")
        var compression: OnOff?

        @Option(
            help: "Threads that serve connections: a number, or auto for one for each processor. (default: 1)",
            transform: { text in
                guard let count = ThreadCount.parse(text) else { throw ValidationError(ThreadCount.rule) }
                return count
            }
        )
        var threads: ThreadCount?
    }

    @OptionGroup var flags: Flags
    @OptionGroup var memoryFlags: MemoryFlags
    @OptionGroup var storageFlags: StorageFlags
    @OptionGroup var networkFlags: NetworkFlags
    @OptionGroup var logFlags: LogFlags

    func run() async throws {
        let settings = try StartSettings(
            flags: flags,
            memoryFlags: memoryFlags,
            storageFlags: storageFlags,
            networkFlags: networkFlags,
            logFlags: logFlags,
            environment: Environment()
        )
        let stop = StopSignals()
        // Lines only: four times as many in a write cost less, and nobody sees the difference.
        let log = try ProgramLog(settings.log, stream: .output, gathering: .milliseconds(20)) { error in
            // A server goes on without a console, unless it is part of a shell's pipe that has come to its end.
            if error == SystemError(EPIPE), BrokenPipe.endsProgram.withLock({ $0 }) { stop.stop(.outputFailed(error)) }
        }
        // A terminal that stands still must not keep a server from ending.
        defer { log.close(atMost: .seconds(2)) }
        await stop.watch(onHangup: log.reopenFile)

        let server: ChatServer
        do throws(Failure) {
            server = try await ChatServer.start(settings, log: log)
        } catch {
            log.writeToFile(.error, error.message)
            throw error
        }
        let greeting = "✅ Server started at \(server.url)"
        log.print(greeting)
        log.writeToFile(.info, greeting)

        for await cause in stop.causes {
            log.logger("server").info("Server stops (\(cause.name)).")
            await server.shutdown()
            log.logger("server").info("Server stopped.")
            if case .outputFailed = cause { throw cause.exitCode }
        }
    }
}

extension Envelope: ExpressibleByArgument {}
extension OnOff: ExpressibleByArgument {}
extension SlowClientAction: ExpressibleByArgument {}
