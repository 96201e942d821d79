import ArgumentParser
import Glibc

/// `broadcast-server check-config`: everything that is wrong with a configuration.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Say everything that is wrong with a configuration, without starting.",
        discussion: """
            Reads the configuration file and the variables as start would, and looks into the files of certificates, tokens \
            and keys that they name. Each fault is a line on the standard error, with its place, as FILE:LINE:COLUMN. A \
            server that runs may be told by SIGHUP to read the file anew once there is none.

            EXAMPLES:
              broadcast-server check-config --config /etc/broadcast-server.yaml
              broadcast-server check-config && systemctl reload broadcast-server

            \(ExitCode.help([.success, .usage, .inputOutput, .badConfiguration, .brokenPipe]))
              0 when nothing is wrong, 78 when something is.
            """
    )

    @Option(\.config) var config: String?

    func run() throws {
        let flags = try StartFlags.parse(config.map { ["--config=\($0)"] } ?? [])
        for note in UnknownVariables.notes() { Self.say("Note: \(note)") }
        let configuration: StartConfiguration
        do throws(StartConfiguration.Problems) {
            configuration = try StartConfiguration(flags: flags, checksFiles: true)
        } catch {
            for warning in error.warnings { Self.say("Warning: \(warning)") }
            for failure in error.failures { Self.say(failure.message) }
            throw ExitCode.badConfiguration
        }
        for warning in configuration.warnings { Self.say("Warning: \(warning)") }
        try CommandOutput.print(Self.verdict(configuration))
    }

    private static func verdict(_ configuration: StartConfiguration) -> String {
        let sources = configuration.readings.values.map(\.source)
        let fromFile = sources.count { if case .file = $0 { true } else { false } }
        let fromVariables = sources.count { $0 == .variable }
        let file = configuration.file.map { "\(fromFile) come from \(EscapedText.escape($0)), " } ?? ""
        return "The configuration is fine. Of \(sources.count) options \(file)\(fromVariables) come from variables.\n"
    }

    private static func say(_ line: String) {
        // With nobody there to read it, the exit code has to do.
        try? Descriptor.standardError.write(Array("\(line)\n".utf8))
    }
}
