import ArgumentParser
import Logging

/// `broadcast-server connect`: a client for people and for scripts.
struct ConnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Take part in the chat: send lines of input, print what others say.",
        discussion: """
            At a terminal a line is edited while messages appear above it; /help lists the commands there. In a pipe each \
            line of the standard input is one message, whatever it says, and its end leaves once all were sent. What \
            arrives is printed on the standard output, a message a line, with control characters written as escapes; \
            everything else goes to the standard error. At a terminal the log goes to \(Defaults.clientLogFile), too, \
            where that can be written and no other client does.

            When a connection is lost, another one is made, after waits that grow from half a second to half a minute. \
            What is typed meanwhile is kept, up to 1,000 lines, and sent then; what others say meanwhile comes then, or a \
            line that tells how much of it the server no longer has. With --state the same holds when the program itself \
            ends, however that happens. A first connection that fails ends the program at once.

            EXAMPLES:
              broadcast-server connect
              broadcast-server connect ws://chat.example:9000/team --name ann --time
              broadcast-server connect --last 20 --state team.json    (goes on next time)
              broadcast-server connect wss://chat.example/team --token-file team.token
              printf 'one\\ntwo\\n' | broadcast-server connect
              tail -f /dev/null | broadcast-server connect --json     (listen only)
              broadcast-server connect --send ping --expect 'pong|PONG' --timeout 5s
              broadcast-server connect --binary --count 1 < request > answer

            \(ExitCode.help([
                .success, .expectationFailed, .usage, .badInput, .unknownHost, .unavailable, .internalError, .systemError,
                .cannotCreateFile, .inputOutput, .serverWentAway, .protocolError, .noPermission, .tls, .rejected,
                .timedOut, .hangup, .interrupted, .brokenPipe, .terminated,
            ]))
            """
    )

    @Argument(
        help: """
            Where the server is: a URL with ws://, wss:// or ws+unix://, whose path names the channel, or with their like \
            of HTTP, or host:port/channel.
            """
    )
    var url = Defaults.url

    @Option(help: ArgumentHelp("Send this instead of the input, and leave. Repeat for more.", valueName: "text"))
    var send: [String] = []

    @OptionGroup var listening: ListeningFlags

    @Option(help: ArgumentHelp("Leave after a message that matches this regular expression.", valueName: "regex"))
    var expect: String?

    @Flag(
        help:
            "Print a JSON object for each message, with its id, for gaps, and for members that come, go or change names."
    )
    var json = false

    @Flag(help: "Send binary messages, the whole input as one; print the bytes of binary messages, and nothing else.")
    var binary = false

    @Flag(help: "Begin each message with its time.")
    var time = false

    @Flag(help: "Do not keep what is typed at a terminal for the arrow keys of the next run.")
    var noHistory = false

    @Flag(help: "Keep the standard error to errors.")
    var quiet = false

    @OptionGroup(title: "CONNECTION OPTIONS") var connectionFlags: ConnectionFlags
    @OptionGroup(title: "LOG OPTIONS") var logFlags: LogFlags

    func validate() throws {
        if json && binary { throw ValidationError("--json and --binary exclude each other. Use one of them.") }
        if json && time { throw ValidationError("--json has times already. Leave out --time.") }
        if binary && expect != nil { throw ValidationError("--expect looks at texts only. Leave out --binary.") }
    }

    func run() async throws {
        var settings = ClientSettings(url: try ChannelURL(url), flags: connectionFlags)
        settings.goals = Goals.Settings(count: listening.count, pattern: expect)
        settings.isBinary = binary
        settings.beginning = listening.beginning
        try settings.goals.validate()
        if binary && Descriptor.standardOutput.isTerminal {
            throw Failure(.usage, "Bytes could drive the terminal. Send the output elsewhere, as with > file.")
        }
        let isEdited = send.isEmpty && !json && !binary && LineEditor.isPossible
        var log = logFlags.settings(
            level: Defaults.logLevel,
            fallback: isEdited ? LogSettings.File(path: Defaults.clientLogFile, levelWhenMissing: .debug) : nil
        )
        if quiet { log.consoleLevel = .error }
        let lines = ClientProgram.Input.lines(hasCommands: Descriptor.standardInput.isTerminal)
        let isColored = ConsoleSink.Output(.standardOutput).isColored
        let form: Transcript.Form =
            if json { .json } else if binary { .binary } else if Descriptor.standardOutput.isTerminal {
                .terminal(isColored: isColored)
            } else {
                .lines
            }
        try await ClientProgram(
            settings: settings,
            log: log,
            transcript: Transcript(form: form, showsTime: time),
            input: isEdited ? .edited(keepsHistory: !noHistory) : !send.isEmpty ? .texts(send) : binary ? .bytes : lines
        ).run()
    }
}
