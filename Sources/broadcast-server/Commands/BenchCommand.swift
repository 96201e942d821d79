import ArgumentParser
import LWSSwift

/// `broadcast-server bench`: puts load on a server, and measures what it does.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Put load on a server, and measure how long messages take.",
        discussion: """
            Makes connections to a channel, or to several, has some of them publish at fixed times, and measures from \
            the planned time of each message to its arrival at each other member. The times do not wait for the server \
            (an open loop), so that one that stands still shows. The server is one of this program's, with messages \
            as text. What is measured is the way there and back: use a machine of its own, or processors of its own, and look \
            at the server's load, too.

            EXAMPLES:
              broadcast-server bench
              broadcast-server bench wss://chat.example/bench --connections 5000 --threads auto --rate 200
              broadcast-server bench --channels 100 --publishers 100 --rate 20000 --duration 1m --plot latency.svg
              broadcast-server bench --json | jq .latency.p99

            \(ExitCode.help([
                .success, .expectationFailed, .usage, .badInput, .unknownHost, .unavailable, .internalError, .systemError,
                .cannotCreateFile, .inputOutput, .protocolError, .noPermission, .tls, .rejected, .brokenPipe,
            ]))
              1 when something was not delivered.
            """
    )

    @Argument(help: "The channel: a URL with ws://, wss:// or ws+unix://, or host:port/channel.")
    var url = Defaults.url

    @Option(
        Setting(
            "connections",
            as: .within(2...1_000_000),
            ifMissing: "100",
            "How many members there are.",
            value: "count"
        )
    )
    var connections: Int?

    @Option(
        Setting(
            "channels",
            as: .within(1...10_000),
            ifMissing: "1",
            "In how many channels: the one of the URL, or those called like it with -0, -1 and so on.",
            value: "count"
        )
    )
    var channels: Int?

    @Option(
        Setting("publishers", as: .within(1...100_000), ifMissing: "1", "How many of them publish.", value: "count")
    )
    var publishers: Int?

    @Option(
        Setting(
            "rate",
            as: .within(1...10_000_000),
            ifMissing: "1000",
            "How many messages a second, together.",
            value: "count"
        )
    )
    var rate: Int?

    @Option(
        Setting(
            "size",
            as: .within(ByteCount(BenchPayload.minimumBytes)...ByteCount(1 << 20)),
            ifMissing: "64",
            "How large a message is, from \(BenchPayload.minimumBytes) bytes to 1M."
        )
    )
    var size: ByteCount?

    @Option(Setting("duration", ifMissing: "10s", "How long to measure."))
    var duration: TimeSpan?

    @Option(Setting("warm-up", ifMissing: "1s", "How long to send before."))
    var warmUp: TimeSpan?

    @Option(
        Setting("threads", ifMissing: "1", "Threads for the connections: a number, or auto for one for each processor.")
    )
    var threads: ThreadCount?

    @Flag(help: "Print one JSON object, with times in milliseconds.")
    var json = false

    @Option(help: ArgumentHelp("Draw the latency by percentile into this file.", valueName: "file.svg"))
    var plot: String?

    @Option(
        help: ArgumentHelp(
            "Show the server the token in the first line of this file; otherwise what \(TokenSource.variable) has, if anything.",
            valueName: "file"
        ),
        completion: .file()
    )
    var tokenFile: String?

    @OptionGroup var tls: TLSFlags

    private var settings: BenchSettings {
        get throws(Failure) {
            var settings = BenchSettings(url: try ChannelURL(url))
            if let connections { settings.connections = connections }
            if let channels { settings.channels = channels }
            if let publishers { settings.publishers = publishers }
            if let rate { settings.rate = rate }
            if let size { settings.size = size.bytes }
            if let duration { settings.duration = duration.duration }
            if let warmUp { settings.warmUp = warmUp.duration }
            if let threads { settings.threads = threads.value }
            settings.token = try (tokenFile.map { .file($0) } ?? TokenSource.ofEnvironment())?.read()
            settings.tls = tls.configuration
            guard settings.publishers <= settings.connections, settings.channels <= settings.connections else {
                throw Failure(
                    .usage,
                    "There are more publishers or channels than connections. Take more --connections."
                )
            }
            guard settings.measuredMessages > 0 else {
                throw Failure(
                    .usage,
                    "In this time not one message is sent. Take a longer --duration, or a higher --rate."
                )
            }
            return settings
        }
    }

    func run() async throws {
        let settings = try settings
        // Before the time is spent.
        if let plot, let obstacle = FilePlace.obstacle(toFileAt: plot) { throw Self.failure(plot, "\(obstacle)") }
        let report = try await BenchRun(settings: settings, progress: BenchProgress(isShown: !json)).perform()
        if json { try CommandOutput.print(report) } else { try CommandOutput.print(report.text) }
        if let plot {
            do throws(FileFaults) {
                try WholeFile.write(Array(report.plot.svg.utf8), to: plot)
            } catch {
                throw Self.failure(plot, error.faults.first?.explanation ?? "")
            }
        }
        if !report.isComplete { throw ExitCode.expectationFailed }
    }

    private static func failure(_ path: String, _ reason: String) -> Failure {
        Failure(.cannotCreateFile, "The plot \(EscapedText.escape(path)) cannot be written: \(reason)")
    }
}
