import ArgumentParser

/// `broadcast-server check-state`: what is in a state directory, and whether it is sound.
struct CheckStateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-state",
        abstract: "Say what is in a state directory, and whether it is sound.",
        discussion: """
            Reads everything in the directory of start --state-dir, compares the checksums, and changes nothing. It may be \
            asked while a server uses the directory, and of a copy.

            EXAMPLES:
              broadcast-server check-state /var/lib/broadcast-server
              broadcast-server check-state --verbose /var/lib/broadcast-server
              broadcast-server check-state --json /backup/state

            \(ExitCode.help([.success, .expectationFailed, .usage, .badInput, .cannotCreateFile, .inputOutput, .brokenPipe]))
              0 when it is sound, 1 when channels are damaged, 65 when there is no state or none that can be read.
            """
    )

    @Argument(help: "The directory that --state-dir named.", completion: .directory)
    var directory: String

    @Flag(help: "A line for each channel.")
    var verbose = false

    @Flag(help: "One JSON object, with all channels.")
    var json = false

    func run() throws {
        let check = try StateCheck(StateDirectory(path: directory))
        let report = json ? StateReport.json(check) : StateReport.text(check, isVerbose: verbose)
        try CommandOutput.print(report)
        if !check.isSound { throw ExitCode.expectationFailed }
    }
}
