import ArgumentParser

/// The flags of `start` that say what outlives the server.
struct StorageFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A directory that keeps channels, messages, sessions and keys when the server ends. (default: none)
            """,
            valueName: "directory"
        ),
        completion: .directory
    )
    var stateDir: String?

    @Flag(help: "Acknowledge messages only when they are on the disk; needs --state-dir.")
    var durable = false
}
