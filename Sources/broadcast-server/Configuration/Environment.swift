import Configuration
import Logging

/// The environment variables of `start`: `BROADCAST_SERVER_` and the name of the flag.
///
/// A variable that is set but empty counts as not set, since that is how many tools pass on "nothing".
struct Environment {
    private let reader: ConfigReader

    /// Reads from `provider`, by default the environment of the process.
    init(_ provider: some ConfigProvider = EnvironmentVariablesProvider()) {
        // The provider looks keys up in upper case with underscores between words: `broadcast.server.logLevel` is
        // BROADCAST_SERVER_LOG_LEVEL.
        reader = ConfigReader(provider: provider).scoped(to: "broadcast.server")
    }

    func host() -> String? {
        string("host")
    }

    func port() throws(Failure) -> Int? {
        try value("port", "PORT", Port.rule, Port.parse)
    }

    func logLevel() throws(Failure) -> Logger.Level? {
        try value("logLevel", "LOG_LEVEL", LogSettings.levelRule) { Logger.Level(rawValue: $0) }
    }

    func logFile() -> String? {
        string("logFile")
    }

    func logMessages() throws(Failure) -> OnOff? {
        try choice("logMessages", "LOG_MESSAGES")
    }

    /// Several are separated by commas.
    func allowOrigin() throws(Failure) -> Set<OriginPolicy.Exception>? {
        try value("allowOrigin", "ALLOW_ORIGIN", OriginPolicy.Exception.rule) { text in
            let words = text.split(separator: ",").map { $0.drop { $0 == " " } }
            let origins = words.compactMap { OriginPolicy.Exception.parse(String($0)) }
            return origins.count == words.count ? Set(origins) : nil
        }
    }

    func tlsCert() -> String? {
        string("tlsCert")
    }

    func tlsKey() -> String? {
        string("tlsKey")
    }

    func pingInterval() throws(Failure) -> Duration? {
        try value("pingInterval", "PING_INTERVAL", TimeSpan.rule, TimeSpan.parse)
    }

    func commentInterval() throws(Failure) -> Duration? {
        try value("commentInterval", "COMMENT_INTERVAL", TimeSpan.rule, TimeSpan.parse)
    }

    func threads() throws(Failure) -> ThreadCount? {
        try value("threads", "THREADS", ThreadCount.rule, ThreadCount.parse)
    }

    func envelope() throws(Failure) -> Envelope? {
        try choice("envelope", "ENVELOPE")
    }

    func echo() throws(Failure) -> Bool? {
        try value("echo", "ECHO", "Use true or false.") { _ in reader.bool(forKey: "echo") }
    }

    func compression() throws(Failure) -> OnOff? {
        try choice("compression", "COMPRESSION")
    }

    func slowClient() throws(Failure) -> SlowClientAction? {
        try choice("slowClient", "SLOW_CLIENT")
    }

    func maxMessage() throws(Failure) -> Int? {
        try value("maxMessage", "MAX_MESSAGE", ByteCount.messageRule, ByteCount.parseMessage)
    }

    func maxBacklog() throws(Failure) -> Int? {
        try value("maxBacklog", "MAX_BACKLOG", ByteCount.rule, ByteCount.parse)
    }

    func maxLag() throws(Failure) -> Duration? {
        try value("maxLag", "MAX_LAG", TimeSpan.rule, TimeSpan.parse)
    }

    func historyMessages() throws(Failure) -> Int? {
        try value("historyMessages", "HISTORY_MESSAGES", MessageCount.rule, MessageCount.parse)
    }

    func historyBytes() throws(Failure) -> Int? {
        try value("historyBytes", "HISTORY_BYTES", ByteCount.ruleOrNone, ByteCount.parseOrNone)
    }

    func historyAge() throws(Failure) -> Duration? {
        try value("historyAge", "HISTORY_AGE", TimeSpan.rule, TimeSpan.parse)
    }

    func historyTotal() throws(Failure) -> Int? {
        try value("historyTotal", "HISTORY_TOTAL", ByteCount.ruleOrNone, ByteCount.parseOrNone)
    }

    func sessionGrace() throws(Failure) -> Duration? {
        try value("sessionGrace", "SESSION_GRACE", TimeSpan.rule, TimeSpan.parse)
    }

    func stateDir() -> String? {
        string("stateDir")
    }

    func durable() throws(Failure) -> Bool? {
        try value("durable", "DURABLE", "Use true or false.") { _ in reader.bool(forKey: "durable") }
    }

    func noLogFile() throws(Failure) -> Bool? {
        try value("noLogFile", "NO_LOG_FILE", "Use true or false.") { _ in reader.bool(forKey: "noLogFile") }
    }

    private func choice<Value: RawRepresentable & CaseIterable>(
        _ key: ConfigKey,
        _ name: String
    ) throws(Failure) -> Value? where Value.RawValue == String {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return try value(key, name, "Use one of: \(words).") { Value(rawValue: $0) }
    }

    private func string(_ key: ConfigKey) -> String? {
        guard let text = reader.string(forKey: key), !text.isEmpty else { return nil }
        return text
    }

    private func value<Value>(
        _ key: ConfigKey,
        _ name: String,
        _ rule: String,
        _ parse: (String) -> Value?
    ) throws(Failure) -> Value? {
        guard let text = string(key) else { return nil }
        guard let value = parse(text) else {
            throw Failure(
                .badConfiguration,
                "The environment variable BROADCAST_SERVER_\(name) is \"\(EscapedText.escape(text))\". \(rule)"
            )
        }
        return value
    }
}
