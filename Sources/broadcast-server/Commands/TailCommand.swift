import ArgumentParser
import Logging

/// `broadcast-server tail`: prints a channel, for scripts.
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Print what is said in a channel, a message a line.",
        discussion: """
            Reads the channel's events over HTTP (server-sent events), and sends nothing. Each message is one line on the \
            standard output, with control characters and line breaks written as escapes. What is missing and lost \
            connections are told on the standard error.

            When the connection is lost, another one is made, after the time that the server asks for and up to half a \
            minute more, and goes on behind the last message that came: none is lost or printed twice, as long as the \
            server still has what was said meanwhile; otherwise a line says how much of it is missing. A first connection \
            that fails ends the program at once.

            EXAMPLES:
              broadcast-server tail
              broadcast-server tail localhost:8088/team --last 20
              broadcast-server tail https://chat.example/ci --json | jq -r .text
              broadcast-server tail ws://localhost:8088/jobs --count 1 --timeout 10m
              broadcast-server tail https://chat.example/team --token-file team.token
              broadcast-server tail --admin-socket \(AdminClient.defaultPath) --channel team --last 20

            \(ExitCode.help([
                .success, .usage, .badInput, .unknownHost, .unavailable, .internalError, .systemError, .cannotCreateFile,
                .inputOutput, .serverWentAway, .protocolError, .noPermission, .tls, .rejected, .timedOut, .hangup,
                .interrupted, .brokenPipe, .terminated,
            ]))
            """
    )

    @Argument(
        help: """
            Where the server is: a URL with http://, https://, http+unix:// or their WebSocket like, or host:port/channel. \
            (default: \(Defaults.url))
            """
    )
    var url: String?

    @OptionGroup(title: "OPERATOR OPTIONS") var operating: OperatorFlags

    @OptionGroup var listening: ListeningFlags

    @Flag(
        help:
            "Print a JSON object for each message, with its id, for gaps, and for members that come, go or change names."
    )
    var json = false

    @Option(
        Setting(
            "silence",
            ifMissing: TimeSpan(TailSettings.defaultSilence).defaultValueDescription,
            "Take the connection for lost when not even a comment came for so long; 0 for never."
        )
    )
    var silence: TimeSpan?

    @OptionGroup(title: "CONNECTION OPTIONS") var endpoint: EndpointFlags
    @OptionGroup(title: "LOG OPTIONS") var logFlags: LogFlags

    func validate() throws {
        guard url == nil || operating.adminSocket == nil else {
            throw ValidationError("A URL and --admin-socket exclude each other. Name the channel with --channel.")
        }
    }

    /// - Throws: a failure when the URL is none.
    var settings: TailSettings {
        get throws(Failure) {
            return TailSettings(
                url: try operating.tailURL(otherwise: url ?? Defaults.url),
                json: json,
                silence: silence?.duration,
                listening: listening,
                endpoint: endpoint
            )
        }
    }

    func run() async throws {
        try await TailProgram(
            settings: settings,
            log: logFlags.settings(level: .notice)
        ).run()
    }
}
