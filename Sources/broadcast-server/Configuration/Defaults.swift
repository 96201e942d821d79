import Logging

/// What applies when neither a flag nor an environment variable says otherwise: the one place where host and port are
/// set.
enum Defaults {
    static let host = "localhost"
    static let port = 8088
    /// Where `connect` goes.
    static let url = "ws://\(host):\(port)"
    static let logLevel = Logger.Level.info
    static let serverLogFile = "server.log"
    static let clientLogFile = "client.log"

    /// The largest message the server takes, and the longest line the client sends, in bytes.
    static let maximumMessageBytes = 1 << 20
    /// The longest `<name>: ` there can be: what the largest message grows by on its way to the others.
    static let maximumPrefixBytes = 160
    /// The largest message the client takes, in bytes.
    static let maximumReceivedBytes = grown(maximumMessageBytes)
    /// What a message of so many bytes may become on its way to the others (docs/protocol.md, Sizes).
    static func grown(_ byteCount: Int) -> Int { 6 * byteCount + (64 << 10) }
    /// How many characters of a message the log shows.
    static let loggedCharacters = 200
}
