import ArgumentParser
import HTTPTypes
import LWSSwift

/// The flags that say how to reach the server, and how long to try: those of every command that is a client.
struct EndpointFlags: ParsableArguments {
    @Option(help: ArgumentHelp("The name to go by.", valueName: "name"))
    var name: String?

    @Flag(help: "End when the connection is lost, instead of connecting again.")
    var noReconnect = false

    @Option(Setting("timeout", "The most time to take for everything, such as 5s."))
    var timeout: TimeSpan?

    @Option(Setting("connect-timeout", ifMissing: "10s", "The most time to take for a connection."))
    var connectTimeout: TimeSpan?

    @Option(
        Setting(
            "max-message",
            as: .within(1...ByteCount.largest),
            ifMissing: "1M to send, what becomes of it to take",
            "The largest message to send or to take, such as 64K or 1M."
        )
    )
    var maxMessage: ByteCount?

    @Option(
        help: ArgumentHelp(
            """
            Show the server the token in the first line of this file, which is read anew for each connection. Without it \
            the token is what \(TokenSource.variable) has, if anything.
            """,
            valueName: "file"
        ),
        completion: .file()
    )
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "A header field to send with the handshake, such as 'Accept-Language: en'. Repeat for more.",
            valueName: "field"
        ),
        transform: Self.headerField
    )
    var header: [HTTPField] = []

    @Option(help: ArgumentHelp("The Origin field of the handshake, as a browser sends it.", valueName: "origin"))
    var origin: String?

    @Option(
        help: ArgumentHelp(
            "The HTTP proxy to connect through (http://user:password@host:port), or none. Default: the environment's.",
            valueName: "url"
        )
    )
    var proxy: String?

    @OptionGroup var tls: TLSFlags

    func validate() throws {
        guard tokenFile != "-" else {
            throw ValidationError("--token-file is read for each connection, which the standard input cannot be.")
        }
        guard tokenFile == nil || !showsOwnField else {
            throw ValidationError("--token-file and --header Authorization exclude each other. Use one of them.")
        }
        if let name {
            do throws(Problem) {
                _ = try MemberName(name)
            } catch {
                throw ValidationError("--name cannot be \"\(name)\". \(error.message)")
            }
        }
    }

    private var showsOwnField: Bool { header.contains { $0.name == .authorization } }

    /// Where the token is from that is shown; nil for none. A field that is given takes the place of the variable.
    var token: TokenSource? {
        if let tokenFile { return .file(tokenFile) }
        return showsOwnField ? nil : .ofEnvironment()
    }

    /// The proxy to go through; nil for what the environment says.
    var route: WebSocketClient.Proxy? {
        proxy.map { $0 == "none" ? .none : .url($0) }
    }

    /// The fields that the handshake itself sets (RFC 6455 section 4.1), or the request for events.
    private static let ownFields: Set<String> = [
        "host", "upgrade", "connection", "origin", "sec-websocket-key", "sec-websocket-version",
        "sec-websocket-protocol",
        "sec-websocket-extensions", "accept", "last-event-id",
    ]

    private static func headerField(_ text: String) throws -> HTTPField {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let name = HTTPField.Name(String(parts[0])) else {
            throw ValidationError("Write it as 'Name: value'.")
        }
        guard !ownFields.contains(name.canonicalName) else {
            throw ValidationError("The handshake sets \(name.rawName) itself; see --origin, --subprotocol.")
        }
        let value = String(parts[1].drop { $0 == " " })
        guard HTTPField.isValidValue(value) else {
            throw ValidationError(
                "The value of \(name.rawName) has a line break or another control character. Remove it."
            )
        }
        return HTTPField(name: name, value: value)
    }
}
