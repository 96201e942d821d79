import ArgumentParser

/// `broadcast-server config`: what a server runs with.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Print what a server that runs on this machine was told.",
        discussion: """
            Each option with its value and who has said it, as start --print-config does, after all that SIGHUP has changed. \
            What is secret is not shown.

            EXAMPLES:
              broadcast-server config
              broadcast-server config | grep history

            \(ExitCode.help([
                .success, .usage, .unavailable, .inputOutput, .protocolError, .noPermission, .badConfiguration, .rejected,
                .brokenPipe,
            ]))
            """
    )

    @OptionGroup var server: AdminSocketFlags

    func run() throws {
        try CommandOutput.print(String(decoding: try server.client.ask("/config"), as: UTF8.self))
    }
}
