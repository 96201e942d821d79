import ArgumentParser

/// Which server is meant: those of every command for whoever runs it.
struct AdminSocketFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Where the server takes orders, as its --admin-socket says. (default: what \
            \(Environment.variable(ServerOptions.table.adminSocket.name)) says, or \(AdminClient.defaultPath))
            """,
            valueName: "path"
        ),
        completion: .file()
    )
    var adminSocket: String?

    var client: AdminClient {
        get throws(Failure) {
            AdminClient(path: try Environment().value(\.adminSocket, adminSocket) ?? AdminClient.defaultPath)
        }
    }
}
