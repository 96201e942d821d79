import ArgumentParser

/// `broadcast-server revoke`: ends tokens.
struct RevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Have a server that runs on this machine refuse a token, or all of a subject.",
        discussion: """
            Whoever is connected by that has to go at once. The line is added to the file of --revoked, if the server has one; \
            otherwise it holds as long as the process runs.

            EXAMPLES:
              broadcast-server revoke --subject ann
              broadcast-server revoke --token 3f2a

            \(ExitCode.help([
                .success, .usage, .unavailable, .inputOutput, .protocolError, .noPermission, .badConfiguration, .rejected,
                .brokenPipe,
            ]))
            """
    )

    @Option(help: ArgumentHelp("All tokens of this subject, or of this name in the token file.", valueName: "subject"))
    var subject: String?

    @Option(help: ArgumentHelp("The token with this id, its claim jti.", valueName: "id"))
    var token: String?

    @OptionGroup var server: AdminSocketFlags

    func validate() throws {
        guard (subject == nil) != (token == nil) else {
            throw ValidationError("Say what is revoked, with --subject or with --token.")
        }
    }

    private struct Wish: Encodable {
        let sub: String?
        let jti: String?
    }

    func run() throws {
        let wish = Wish(sub: subject, jti: token)
        let answer = String(decoding: try server.client.ask("/revoke", object: wish), as: UTF8.self)
        // One line, with its end.
        try CommandOutput.print("\(EscapedText.escape(String(answer.dropLast())))\n")
    }
}
