import ArgumentParser
import FoundationEssentials

/// `broadcast-server top`: a server at a glance.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show what a server that runs on this machine is doing.",
        discussion: """
            At a terminal the page is shown anew every second, until q or Ctrl-C; elsewhere one page follows the other. Its \
            numbers are those of /metrics.

            EXAMPLES:
              broadcast-server top
              broadcast-server top --sort messages --channel team
              broadcast-server top --closed --once --address 192.0.2.0/24
              broadcast-server top --once --json | jq .channels.count

            \(ExitCode.help([
                .success, .usage, .unavailable, .systemError, .inputOutput, .protocolError, .noPermission, .badConfiguration,
                .rejected, .hangup, .interrupted, .brokenPipe, .terminated,
            ]))
            """
    )

    @OptionGroup var whose: WhoseFlags

    @Option(
        help: ArgumentHelp(
            "What the connections are sorted by.",
            valueName: "column"
        )
    )
    var sort = ConnectionOrder.lag

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp(
            "The most connections to show, from 1 to 10000. (default: 100)",
            valueName: "count"
        )
    )
    var rows: Int?

    @Flag(help: "Show those that have ended, with the reasons, the latest first.")
    var closed = false

    @Flag(help: "Show one page and end; without rates, which need two.")
    var once = false

    @Option(Setting("interval", ifMissing: "1s", "How long to wait between two pages."))
    var interval: TimeSpan?

    @Flag(help: "Print each page as a JSON object on a line.")
    var json = false

    @OptionGroup var server: AdminSocketFlags

    func validate() throws {
        guard rows.map({ 1...10_000 ~= $0 }) ?? true else { throw ValidationError("--rows is from 1 to 10000.") }
        guard interval.map({ $0.duration >= .milliseconds(100) }) ?? true else {
            throw ValidationError("--interval is at least 100ms.")
        }
    }

    func run() async throws {
        let terminal = ProcessInfo.processInfo.environment["TERM"] ?? ""
        let canMove = Descriptor.standardOutput.isTerminal && !["", "dumb", "unknown"].contains(terminal)
        let isScreen = canMove && !once && !json
        try await TopProgram(
            client: try server.client,
            wish: TopWish(
                parameters: whose.parameters,
                order: sort,
                isClosed: closed,
                limit: rows ?? 100,
                channelLimit: json ? 1_000 : 5
            ),
            form: json ? .json : isScreen ? .screen : .lines,
            interval: once ? nil : interval?.duration ?? .seconds(1)
        ).run()
    }
}

extension ConnectionOrder: ExpressibleByArgument {}
