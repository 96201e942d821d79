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

    func noLogFile() throws(Failure) -> Bool? {
        try value("noLogFile", "NO_LOG_FILE", "Use true or false.") { _ in reader.bool(forKey: "noLogFile") }
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
