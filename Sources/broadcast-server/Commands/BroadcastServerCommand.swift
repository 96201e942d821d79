import ArgumentParser
import Glibc

/// The program: picks the subcommand and turns whatever it throws into one line and an exit code.
@main
struct BroadcastServerCommand: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "broadcast-server",
        abstract: "A WebSocket chat: what one client says, all the others hear.",
        discussion: """
            EXAMPLES:
              broadcast-server start                    a server at \(Defaults.url)
              broadcast-server connect                  a client, in another terminal
              broadcast-server publish 'hello'          a message, from a script
              broadcast-server tail --last 20           what is said, for a script
              broadcast-server top                      what the server is doing
              broadcast-server start --help             flags, variables, exit codes
            """,
        version: version,
        subcommands: [
            StartCommand.self, ConnectCommand.self, PublishCommand.self, TailCommand.self, CheckStateCommand.self,
            TokenCommand.self, CheckTokenCommand.self, CheckConfigCommand.self, HealthCommand.self, TopCommand.self,
            KickCommand.self, RevokeCommand.self, ConfigCommand.self, DrainCommand.self, UpgradeCommand.self,
            BenchCommand.self,
        ]
    )

    static func main() async {
        BrokenPipe.ignoreSignal()
        Descriptor.openMissingStandardDescriptors()
        DescriptorLimit.raise()
        Glibc.exit(await exitCode())
    }

    private static func exitCode() async -> Int32 {
        do {
            try DescriptorLimit.require()
            try requireUTF8()
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return ExitCode.success.rawValue
        } catch let code as ExitCode {
            return code.rawValue
        } catch let failure as Failure {
            printError(failure.message)
            return failure.code.rawValue
        } catch {
            let code = exitCode(for: error).rawValue
            if code == ExitCode.success.rawValue { return printHelp(fullMessage(for: error)).rawValue }
            printError(usageMessage(for: error))
            return code
        }
    }

    /// What is no UTF-8 would be repaired without a word, and then be sent as something else.
    private static func requireUTF8() throws(Failure) {
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = unsafe CommandLine.unsafeArgv[index] else { continue }
            guard unsafe String(validatingCString: argument) == nil else { continue }
            throw Failure(.usage, "Argument \(index) is not UTF-8. Convert it, as with iconv.")
        }
    }

    private static func printHelp(_ text: String) -> ExitCode {
        do throws(SystemError) {
            try Descriptor.standardOutput.write(Array("\(text)\n".utf8))
            return .success
        } catch {
            if error == SystemError(EPIPE) { return .brokenPipe }
            printError("The standard output cannot be written: \(error).")
            return .inputOutput
        }
    }

    /// The parser's message on one line, with where to read on.
    private static func usageMessage(for error: any Error) -> String {
        let help = fullMessage(for: error).split(separator: "\n").last { $0.contains("See '") } ?? ""
        var message = message(for: error).split(separator: "\n").joined(separator: " ")
        if message.last?.isPunctuation != true || message.last == "'" { message += "." }
        return EscapedText.escape("\(message) \(help.drop { $0 == " " })")
    }

    private static func printError(_ message: String) {
        // With nobody there to read it, nothing more can be done.
        try? Descriptor.standardError.write(Array("Error: \(message)\n".utf8))
    }
}
