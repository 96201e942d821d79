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

extension AdminSocketFlags {
    /// What commands end with that give the server an order.
    static let exitCodes = ExitCode.help([
        .success, .usage, .unavailable, .inputOutput, .protocolError, .noPermission, .badConfiguration, .rejected,
        .brokenPipe,
    ])

    /// Gives the server an order, and prints its answer, which is a line.
    ///
    /// - Parameter patience: how many seconds it has for that; nil for what is usual.
    func order(_ target: String, patience: Int? = nil) throws {
        var client = try client
        if let patience { client.patience = patience }
        let answer = String(decoding: try client.ask(target, body: []), as: UTF8.self)
        try CommandOutput.print("\(EscapedText.escape(String(answer.dropLast())))\n")
    }
}
