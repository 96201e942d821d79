import ArgumentParser

/// The flags that say who may use the server, and how.
struct NetworkFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Let web pages of this origin use the channels, over WebSockets and HTTP alike, such as https://chat.example; * \
            for all. Repeat for more. The server's own page, and clients that are no browsers, always may.
            """,
            valueName: "origin"
        ),
        transform: { text in
            guard let origin = OriginPolicy.Exception.parse(text) else {
                throw ValidationError(OriginPolicy.Exception.rule)
            }
            return origin
        }
    )
    var allowOrigin: [OriginPolicy.Exception] = []

    @Option(
        help: ArgumentHelp(
            "Serve wss:// with this certificate, a PEM file with the intermediate ones after it; needs --tls-key.",
            valueName: "file"
        )
    )
    var tlsCert: String?

    @Option(help: ArgumentHelp("The private key of --tls-cert, a PEM file without a passphrase.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "After how much silence to ask whether a client is there; 0 for never. (default: 25s)",
            valueName: "time"
        ),
        transform: Self.time
    )
    var pingInterval: Duration?

    @Option(
        help: ArgumentHelp(
            """
            After how much silence to send a comment to those who listen to events, so that nothing in between cuts them \
            off; 0 for never. (default: 15s)
            """,
            valueName: "time"
        ),
        transform: Self.time
    )
    var commentInterval: Duration?

    private static func time(_ text: String) throws -> Duration {
        guard let time = TimeSpan.parse(text) else { throw ValidationError(TimeSpan.rule) }
        return time
    }
}
