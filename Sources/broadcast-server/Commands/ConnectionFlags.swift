import ArgumentParser
import HTTPTypes
import LWSSwift

/// The flags that say how to connect, and how long: those of every command that is a client.
struct ConnectionFlags: ParsableArguments {
    @Option(help: ArgumentHelp("The name to go by.", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            """
            Keep in this file what was not sent yet, and the place in the channel, and go on with that the next time. One \
            client at a time can use it, for one channel.
            """,
            valueName: "file"
        )
    )
    var state: String?

    @Flag(help: "End when the connection is lost, instead of connecting again.")
    var noReconnect = false

    @Option(
        help: ArgumentHelp("The most time to take for everything, such as 5s.", valueName: "time"),
        transform: Self.duration
    )
    var timeout: Duration?

    @Option(
        help: ArgumentHelp("The most time to take for a connection. (default: 10s)", valueName: "time"),
        transform: Self.duration
    )
    var connectTimeout: Duration?

    @Option(
        help: ArgumentHelp(
            "After how much silence to ask whether the server is there; 0 for never. (default: 25s)",
            valueName: "time"
        ),
        transform: Self.duration
    )
    var pingInterval: Duration?

    @Option(
        help: ArgumentHelp(
            "The largest message to send or to take, such as 64K or 1M. (default: 1M to send, what becomes of it to take)",
            valueName: "bytes"
        ),
        transform: { text in
            guard let count = ByteCount.parse(text) else { throw ValidationError(ByteCount.rule) }
            return count
        }
    )
    var maxMessage: Int?

    @Option(
        help: ArgumentHelp(
            "A header field to send with the handshake, such as 'Authorization: Bearer x'. Repeat for more.",
            valueName: "field"
        ),
        transform: Self.headerField
    )
    var header: [HTTPField] = []

    @Option(
        help: ArgumentHelp(
            "A subprotocol to offer instead of \(ChatProtocol.subprotocol). Repeat for more.",
            valueName: "name"
        )
    )
    var subprotocol: [String] = []

    @Option(help: ArgumentHelp("The Origin field of the handshake, as a browser sends it.", valueName: "origin"))
    var origin: String?

    @Option(
        help: ArgumentHelp(
            "The HTTP proxy to connect through (http://user:password@host:port), or none. Default: the environment's.",
            valueName: "url"
        )
    )
    var proxy: String?

    @Option(help: ArgumentHelp("Trust the certificate authorities in this PEM file, and no others.", valueName: "file"))
    var ca: String?

    @Option(help: ArgumentHelp("The client's own certificate, a PEM file; needs --key.", valueName: "file"))
    var cert: String?

    @Option(help: ArgumentHelp("The private key of --cert, a PEM file.", valueName: "file"))
    var key: String?

    @Flag(help: "Take any certificate. Whoever is in between can read and change everything.")
    var insecure = false

    func validate() throws {
        guard (cert == nil) == (key == nil) else {
            throw ValidationError("--cert and --key need each other. Give both.")
        }
        guard !insecure || ca == nil else {
            throw ValidationError("--insecure and --ca exclude each other. Use one of them.")
        }
        if let name {
            do throws(Problem) {
                _ = try MemberName(name)
            } catch {
                throw ValidationError("--name cannot be \"\(name)\". \(error.message)")
            }
        }
    }

    /// The client's own certificate; ``validate()`` has seen that there are both files or none.
    var identity: TLSIdentity? {
        guard let cert, let key else { return nil }
        return TLSIdentity(certificateChainFile: cert, privateKeyFile: key)
    }

    static func duration(_ text: String) throws -> Duration {
        guard let duration = TimeSpan.parse(text) else { throw ValidationError(TimeSpan.rule) }
        return duration
    }

    /// The fields that the handshake itself sets (RFC 6455 section 4.1).
    private static let ownFields: Set<String> = [
        "host", "upgrade", "connection", "origin", "sec-websocket-key", "sec-websocket-version",
        "sec-websocket-protocol",
        "sec-websocket-extensions",
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
