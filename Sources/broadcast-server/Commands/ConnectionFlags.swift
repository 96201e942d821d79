import ArgumentParser

/// The flags that say how to take part in the chat: those of every command that is a member over a WebSocket.
struct ConnectionFlags: ParsableArguments {
    @OptionGroup var endpoint: EndpointFlags

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

    @Option(\.pingInterval) var pingInterval: TimeSpan?
    @Option(\.compression) var compression: OnOff?

    @Option(
        help: ArgumentHelp(
            "A subprotocol to offer instead of \(ChatProtocol.subprotocol). Repeat for more.",
            valueName: "name"
        )
    )
    var subprotocol: [String] = []
}
