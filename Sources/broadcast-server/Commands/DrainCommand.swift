import ArgumentParser

/// `broadcast-server drain`: sends the clients of a server away.
struct DrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Have a server that runs on this machine send its clients away, and end.",
        discussion: """
            Nobody is taken in any more, and those who are there go one after another: for servers whose clients have another \
            one to go to, such as the nodes of a cluster. A signal to the server, such as SIGTERM, ends the rest at once.

            EXAMPLES:
              broadcast-server drain --over 30s

            \(AdminSocketFlags.exitCodes)
            """
    )

    @Option(help: "Over how long a time; without, all go at once.")
    var over = TimeSpan(.zero)

    @OptionGroup var server: AdminSocketFlags

    func run() throws {
        try server.order("/drain?over=\(over.defaultValueDescription)")
    }
}
