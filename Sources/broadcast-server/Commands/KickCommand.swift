import ArgumentParser
import LWSSwift

/// `broadcast-server kick`: ends connections.
struct KickCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kick",
        abstract: "End connections of a server that runs on this machine.",
        discussion: """
            Whoever is all that is said has to go. WebSockets are closed with a code that tells their clients whether to come \
            back: 4000 to 4099 not at all, 4100 to 4199 later, 4200 to 4299 at once. A stream of events ends, and most of \
            its clients come back by themselves. To keep somebody out, see revoke.

            EXAMPLES:
              broadcast-server kick 17
              broadcast-server kick --subject ann --reason 'ask Bob'
              broadcast-server kick --channel team --address 192.0.2.0/24 --code 4100

            \(ExitCode.help([
                .success, .expectationFailed, .usage, .unavailable, .inputOutput, .protocolError, .noPermission,
                .badConfiguration, .rejected, .brokenPipe,
            ]))
              1 when nobody was meant.
            """
    )

    @Argument(help: "The id of a client, as top and the log have it.")
    var id: UInt64?

    @OptionGroup var whose: WhoseFlags

    @Option(help: ArgumentHelp("What the connections are closed with.", valueName: "code"))
    var code: UInt16 = WebSocketCloseCode.kicked.rawValue

    @Option(help: ArgumentHelp("What the clients are told, at most 123 bytes.", valueName: "text"))
    var reason: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var server: AdminSocketFlags

    func validate() throws {
        guard id != nil || !whose.parameters.isEmpty else {
            throw ValidationError("Say whom, by an id or with --channel, --subject or --address.")
        }
        guard WebSocketCloseCode(rawValue: code).isSendable else {
            throw ValidationError(
                "--code is one that a server may send: 1000, 1001, 1008, 1011 to 1013, or 3000 to 4999."
            )
        }
        guard reason?.utf8.count ?? 0 <= 123 else { throw ValidationError("--reason has at most 123 bytes.") }
    }

    private struct Wish: Encodable {
        let id: UInt64?
        let channel: String?
        let subject: String?
        let address: String?
        let code: UInt16
        let reason: String?
    }

    private struct Answer: Codable {
        let kicked: Int
    }

    func run() throws {
        let wish = Wish(
            id: id,
            channel: whose.channel,
            subject: whose.subject,
            address: whose.address,
            code: code,
            reason: reason
        )
        let bytes = try server.client.ask("/kick", object: wish)
        let answer = try AdminReports.decode(Answer.self, bytes)
        if json {
            try CommandOutput.print(answer)
        } else {
            let count = answer.kicked
            try CommandOutput.print(
                count == 0 ? "Nobody is meant.\n" : "\(count) connection\(count == 1 ? " has" : "s have") to go.\n"
            )
        }
        if answer.kicked == 0 { throw ExitCode.expectationFailed }
    }
}
