import ArgumentParser
import Logging

/// `broadcast-server publish`: sends and leaves.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Send texts, or lines of input, and leave once the server has them.",
        discussion: """
            Each TEXT is one message; without any, each line of the standard input is one. A server that speaks \
            \(ChatProtocol.subprotocol) acknowledges each message, and the exit code is 0 when it has acknowledged all. \
            When the connection is lost, another one is made, and what was not acknowledged is sent again. A first \
            connection that fails ends the program at once. With --state what was not acknowledged is sent again by the \
            next run, too. With --admin-socket nothing is sent again: the first message that is not taken ends the program.

            EXAMPLES:
              broadcast-server publish 'deployed 1.4.2'
              broadcast-server publish --json 'deployed 1.4.2'        (prints its id, and how many got it)
              broadcast-server publish ws://chat.example:9000/ci --name ci 'build 512 passed'
              tail -f app.log | broadcast-server publish ws://localhost:8088/logs
              broadcast-server publish --admin-socket \(AdminClient.defaultPath) --channel team 'down at 18:00'
              broadcast-server publish wss://chat.example/ci --token-file ci.token 'build 512 passed'

            \(ExitCode.help([
                .success, .usage, .badInput, .unknownHost, .unavailable, .internalError, .systemError, .cannotCreateFile,
                .inputOutput, .serverWentAway, .protocolError, .noPermission, .tls, .rejected, .timedOut, .hangup,
                .interrupted, .terminated,
            ]))
            """
    )

    @Argument(
        help: ArgumentHelp(
            """
            Where the server is, if the first argument is a URL with ws://, wss://, http://, https:// or ws+unix: \
            (default: \(Defaults.url)); then what to send.
            """,
            valueName: "url> <text"
        )
    )
    var arguments: [String] = []

    @Flag(help: "Send binary messages, the whole input as one.")
    var binary = false

    @Flag(help: "Print for each message the JSON object with which the server acknowledges or refuses it.")
    var json = false

    @OptionGroup(title: "OPERATOR OPTIONS") var operating: OperatorFlags
    @OptionGroup(title: "CONNECTION OPTIONS") var connectionFlags: ConnectionFlags
    @OptionGroup(title: "LOG OPTIONS") var logFlags: LogFlags

    /// The server, and what to send to it.
    var addressed: (url: String, texts: [String]) {
        guard let first = arguments.first, ChannelURL.isURL(first) else { return (Defaults.url, arguments) }
        return (first, Array(arguments.dropFirst()))
    }

    func validate() throws {
        if operating.adminSocket != nil, let first = arguments.first, ChannelURL.isURL(first) {
            throw ValidationError("A URL and --admin-socket exclude each other. Name the channel with --channel.")
        }
        if json && binary { throw ValidationError("Binary messages are not acknowledged. Leave out --json.") }
    }

    func run() async throws {
        if let client = operating.client { return try await publish(by: client) }
        let (url, texts) = addressed
        var settings = ClientSettings(url: try ChannelURL(url), flags: connectionFlags)
        settings.isBinary = binary
        settings.beginning = .nowhere
        try await ClientProgram(
            settings: settings,
            log: logFlags.settings(level: .warning),
            transcript: Transcript(form: json ? .receipts : .nothing, showsTime: false),
            input: !texts.isEmpty ? .texts(texts) : binary ? .bytes : .lines(hasCommands: false)
        ).run()
    }

    private func publish(by client: AdminClient) async throws {
        let publisher = AdminPublisher(
            client: client,
            channel: operating.channel ?? "",
            name: connectionFlags.endpoint.name,
            printsAnswers: json,
            maximumMessageBytes: connectionFlags.endpoint.maxMessage?.bytes ?? Defaults.maximumMessageBytes
        )
        if !arguments.isEmpty {
            try await publisher.publish(texts: arguments)
        } else if binary {
            try await publisher.publishBytes()
        } else {
            try await publisher.publishLines()
        }
    }
}
