import ArgumentParser

/// `broadcast-server token`: makes a token, and the line of the token file that it needs.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make a token for somebody, and the line for the server's token file.",
        discussion: """
            The line goes to the standard output, for the file; the token, which stands nowhere else, to the standard \
            error, for the one who is to have it. A channel is a name, a beginning such as team.*, / for the one without a \
            name, or * for all. Rights are \(ChannelRights.allWords); without any, a channel stands for all but \
            admin.

            EXAMPLES:
              broadcast-server token ci --allow 'ci.*=publish,history' >> tokens
              broadcast-server token ann --allow team --allow news=subscribe --json

            \(ExitCode.help([.success, .usage, .inputOutput, .brokenPipe]))
            """
    )

    @Argument(help: "Who is to have it: what it will be called in every channel.", transform: Self.name)
    var name: MemberName

    @Option(
        help: ArgumentHelp("What it may do in a channel. Repeat for more.", valueName: "channel=rights"),
        transform: RightsEntry.argument
    )
    var allow: [RightsEntry] = []

    @Flag(help: "Print one JSON object with both, and nothing else.")
    var json = false

    func run() throws {
        let token = NewToken.random()
        let line = "\(TokenLine(name: name, digest: token.digest, entries: allow))"
        if json {
            try CommandOutput.print(Made(line: line, name: name.text, token: token.text))
        } else {
            try CommandOutput.print("\(line)\n")
            try CommandOutput.print("\(token.text)\n", to: .standardError)
        }
    }

    private struct Made: Encodable {
        let line, name, token: String
    }

    private static func name(_ text: String) throws -> MemberName {
        do throws(Problem) {
            // Words make up the line.
            guard !text.unicodeScalars.contains(" ") else { throw Problem(.badName, "A name here is one word.") }
            return try MemberName(text)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
