import ArgumentParser

/// The flags of `start` that say what the server remembers.
struct MemoryFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many messages of each channel are kept for those who come back; 0 for none. (default: 1000)",
            valueName: "count"
        ),
        transform: { text in
            guard let count = MessageCount.parse(text) else { throw ValidationError(MessageCount.rule) }
            return count
        }
    )
    var historyMessages: Int?

    @Option(
        help: ArgumentHelp(
            "How many bytes of each channel's messages are kept; 0 for none. (default: 1M)",
            valueName: "bytes"
        ),
        transform: Self.byteCount
    )
    var historyBytes: Int?

    @Option(
        help: ArgumentHelp("How long messages are kept; 0 for not at all. (default: 24h)", valueName: "time"),
        transform: Self.duration
    )
    var historyAge: Duration?

    @Option(
        help: ArgumentHelp(
            """
            How many bytes of messages are kept in all; the channels that were used longest ago give up theirs first. \
            (default: 64M)
            """,
            valueName: "bytes"
        ),
        transform: Self.byteCount
    )
    var historyTotal: Int?

    @Option(
        help: ArgumentHelp(
            "How long a client whose connection is lost stays a member, until it comes back. (default: 30s)",
            valueName: "time"
        ),
        transform: Self.duration
    )
    var sessionGrace: Duration?

    private static func byteCount(_ text: String) throws -> Int {
        guard let count = ByteCount.parseOrNone(text) else { throw ValidationError(ByteCount.ruleOrNone) }
        return count
    }

    private static func duration(_ text: String) throws -> Duration {
        guard let duration = TimeSpan.parse(text) else { throw ValidationError(TimeSpan.rule) }
        return duration
    }
}
