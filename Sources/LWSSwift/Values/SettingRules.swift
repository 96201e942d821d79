/// What settings are checked by, so that each refusal names the setting and says what it must be.
enum SettingRules {
    static func require(_ holds: Bool, _ rule: String) throws(WebSocketError) {
        if !holds { throw WebSocketError(.invalidConfiguration, rule) }
    }

    /// Refuses a time that is over before it begins; nil stands for no limit.
    static func requirePositive(_ duration: Duration?, _ name: String) throws(WebSocketError) {
        if let duration { try require(duration > .zero, "\(name) must be longer than zero.") }
    }

    static func requireNotNegative(_ duration: Duration, _ name: String) throws(WebSocketError) {
        try require(duration >= .zero, "\(name) must not be negative.")
    }
}
