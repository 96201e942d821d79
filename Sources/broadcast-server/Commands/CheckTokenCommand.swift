import ArgumentParser

/// `broadcast-server check-token`: what a server would say of a token.
struct CheckTokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-token",
        abstract: "Say what a token grants, or why it grants nothing.",
        discussion: """
            Reads the token from a file or the standard input, so that it is not seen among the processes, and judges it \
            by the same files and rules as a server does.

            EXAMPLES:
              broadcast-server check-token --token-key issuer.pem --token-audience chat token.txt
              broadcast-server check-token --token-file tokens --json < token.txt

            \(ExitCode.help([.success, .expectationFailed, .usage, .badInput, .inputOutput, .brokenPipe]))
              0 when it is accepted, 1 when it is not, 65 when a file cannot be read or used.
            """
    )

    @Argument(help: "The file that has the token; - for the standard input.", completion: .file())
    var file = "-"

    @OptionGroup(title: "TOKEN OPTIONS") var flags: TokenFlags

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let policy = try policy
        let token = try token
        let report: TokenReport
        do throws(TokenFault) {
            report = TokenReport(try policy.grant(token, at: .now))
        } catch {
            report = TokenReport(error)
        }
        if json { try CommandOutput.print(report) } else { try CommandOutput.print(report.text) }
        if !report.accepted { throw ExitCode.expectationFailed }
    }

    private var policy: AccessPolicy {
        get throws(Failure) {
            let settings = try AccessSettings(flags: flags, environment: Environment())
            guard settings.takesTokens else {
                throw Failure(.usage, "Say what makes a token valid, with --token-file, --token-key or --token-secret.")
            }
            do throws(FileFaults) {
                return try settings.policy()
            } catch {
                throw Failure(error)
            }
        }
    }

    /// What is in the file, without the line break that an editor puts at its end.
    private var token: String {
        get throws(Failure) {
            let limit = 2 * SignedToken.maximumBytes
            do throws(FileFaults) {
                let bytes =
                    try file == "-" ? WholeFile.readStandardInput(atMost: limit) : WholeFile.read(file, atMost: limit)
                let text = String(decoding: bytes, as: UTF8.self)
                return String(text.drop(while: \.isWhitespace).prefix { !$0.isWhitespace })
            } catch {
                throw Failure(error)
            }
        }
    }
}
