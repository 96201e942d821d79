import ArgumentParser
import LWSSwift
import Logging

/// `broadcast-server connect`: a client for people and for pipes.
struct ConnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Take part in the chat: send lines of input, print what others say.",
        discussion: """
            Each line of the standard input is one message. What arrives is printed on the standard output, a message a \
            line, with control characters written as escapes; everything else goes to the standard error. A line "exit" \
            or "quit", or the end of the input, leaves once all lines before it were sent. The log goes to the standard error and \
            to \(Defaults.clientLogFile).

            EXAMPLES:
              broadcast-server connect
              broadcast-server connect ws://chat.example:9000
              printf 'one\\ntwo\\n' | broadcast-server connect
              tail -f /dev/null | broadcast-server connect     (listen only)

            \(ExitCode.help([
                .success, .usage, .badInput, .unknownHost, .unavailable, .internalError, .systemError, .cannotCreateFile,
                .inputOutput, .serverWentAway, .protocolError, .noPermission, .hangup, .interrupted, .brokenPipe,
                .terminated,
            ]))
            """
    )

    @Argument(help: "Where the server is: ws://, wss:// or ws+unix: URL.")
    var url = Defaults.url

    @OptionGroup var logFlags: LogFlags

    func run() async throws {
        let settings = LogSettings(
            level: logFlags.logLevel ?? Defaults.logLevel,
            file: logFlags.noLogFile ? nil : logFlags.logFile ?? Defaults.clientLogFile
        )
        let stop = StopSignals()
        let log = try ProgramLog(settings, stream: .error) { stop.stop(.outputFailed($0)) }
        await stop.watch()

        let end = await Self.firstToEnd(stop.causes) {
            await Self.session(at: url, log: log)
        }
        switch end {
        case .stopped(let cause):
            if cause.exitCode != .brokenPipe { log.write(.info, "Left the chat (\(cause.name)).") }
            // Whoever ends the program does not wait for a reader of the output that stands still.
            log.close(atMost: .seconds(1))
            throw cause.exitCode
        case .session(.success(let code)):
            log.close()
            if code != .success { throw code }
        case .session(.failure(let failure)):
            log.writeToFile(.error, failure.message)
            log.close()
            throw failure
        }
    }

    private enum End: Sendable {
        case session(Result<ExitCode, Failure>)
        case stopped(StopCause)
    }

    /// Runs `session`, cancelling it when a stop is asked for, and returns what came first once both are over.
    private static func firstToEnd(
        _ causes: AsyncStream<StopCause>,
        _ session: @escaping @Sendable () async -> Result<ExitCode, Failure>
    ) async -> End {
        await withTaskGroup { group in
            group.addTask { End.session(await session()) }
            group.addTask {
                for await cause in causes { return .stopped(cause) }
                // Only a cancelled task gets here, and nobody looks at what it returns.
                return .session(.success(.success))
            }
            defer { group.cancelAll() }
            guard let end = await group.next() else { preconditionFailure("A group of two tasks returns something.") }
            return end
        }
    }

    /// Connects, chats, and leaves nothing behind.
    private static func session(at url: String, log: ProgramLog) async -> Result<ExitCode, Failure> {
        do throws(WebSocketError) {
            let loop = try await ServiceLoop.start(.init(name: "client-loop", logger: log.logger("client")))
            let result = await session(at: url, on: loop, log: log)
            await loop.shutdown()
            return result
        } catch {
            return .failure(Failure(error, connectingTo: url))
        }
    }

    private static func session(
        at url: String,
        on loop: ServiceLoop,
        log: ProgramLog
    ) async -> Result<ExitCode, Failure> {
        var configuration = WebSocketClient.Configuration()
        // The server puts a prefix before the largest message it takes.
        configuration.limits.maximumMessageBytes = Defaults.maximumMessageBytes + Defaults.maximumPrefixBytes
        // A reader of the output may take its time, such as a pager: the server decides how long that goes on.
        configuration.limits.stallTimeout = .seconds(24 * 60 * 60)
        do throws(WebSocketError) {
            let connection = try await WebSocketClient.connect(to: url, configuration, on: loop)
            log.write(.info, "✅ Connected to chat server!")
            return await chat(on: connection, log: log)
        } catch {
            return .failure(Failure(error, connectingTo: url))
        }
    }

    private static func chat(on connection: WebSocketConnection, log: ProgramLog) async -> Result<ExitCode, Failure> {
        do throws(Failure) {
            let client = ChatClient(
                connection: connection,
                input: try InputLines(.standardInput, maximumLineBytes: Defaults.maximumMessageBytes),
                log: log,
                isInteractive: Descriptor.standardInput.isTerminal && Descriptor.standardOutput.isTerminal
            )
            return .success(await client.run())
        } catch {
            return .failure(error)
        }
    }
}
