import ArgumentParser

/// `broadcast-server upgrade`: has a new process take a server's place.
struct UpgradeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade",
        abstract: "Have a server that runs on this machine start anew, from its file as it is now, and refuse nobody.",
        discussion: """
            The new process has the same arguments and variables. Until it has read its configuration the old one serves on; \
            when it cannot start, nothing has happened, and the reason is told. SIGUSR2 does the same.

            EXAMPLES:
              broadcast-server upgrade
              broadcast-server upgrade --admin-socket /run/broadcast-server/admin.sock

            \(AdminSocketFlags.exitCodes)
              80 when the new process cannot start.
            """
    )

    @OptionGroup var server: AdminSocketFlags

    func run() throws {
        // Somewhat longer than the server waits itself.
        try server.order("/upgrade", patience: 40)
    }
}
