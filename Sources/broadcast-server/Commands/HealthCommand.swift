import ArgumentParser
import LWSSwift

/// `broadcast-server health`: whether a server is ready, for whoever looks after it without another program.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Say whether a server is ready to serve.",
        discussion: """
            Asks the server for \(Self.path), or for the path that the URL has, and prints what it answers. For the health \
            checks of containers, and for scripts.

            EXAMPLES:
              broadcast-server health
              broadcast-server health https://chat.example
              broadcast-server health 'localhost:9000/readyz?verbose'
              broadcast-server health --insecure https://localhost:8443/livez

            \(ExitCode.help([.success, .expectationFailed, .usage, .inputOutput, .brokenPipe]))
              0 when the answer is 200, 1 when it is another, or when there is none.
            """
    )

    private static let path = "/readyz"

    @Argument(help: "Where the server is: a URL with http://, https:// or http+unix://, or host:port.")
    var url = "http://\(Defaults.host):\(Defaults.port)"

    @Option(Setting("timeout", ifMissing: "5s", "The most time to wait for a connection, and then for the answer."))
    var timeout: TimeSpan?

    @OptionGroup var tls: TLSFlags

    func validate() throws {
        if let timeout, timeout.duration <= .zero {
            throw ValidationError("--timeout must be longer than zero. \(TimeSpan.rule)")
        }
    }

    func run() async throws {
        let answer = try await answer(from: ChannelURL(url))
        let lines = answer.text.split(whereSeparator: \.isNewline).map { EscapedText.escape(String($0)) }
        guard answer.status == 200 else {
            let told = ToldProblem(body: answer.text.utf8).map { [EscapedText.escape($0.detail)] }
            let reasons = ([""] + (told ?? lines)).joined(separator: " ")
            throw Failure(.expectationFailed, "The server answered with status \(answer.status):\(reasons)")
        }
        try CommandOutput.print(lines.map { "\($0)\n" }.joined())
    }

    private func answer(from url: ChannelURL) async throws(Failure) -> HTTPGet.Answer {
        do throws(WebSocketError) {
            let given = try ClientURL(url.target)
            let loop = try await ServiceLoop.start(.init(name: "client-loop"))
            return try await HTTPGet.answer(
                from: given.resource == "/" ? given.with(resource: Self.path) : given,
                tls: tls.configuration,
                timeout: timeout?.duration ?? .seconds(5),
                on: loop
            )
        } catch {
            throw Failure(.expectationFailed, EscapedText.escape(error.message))
        }
    }
}
