import Configuration

/// The environment variables of `start`: `BROADCAST_SERVER_` and the name of the option.
///
/// A variable that is set but empty counts as not set, since that is how many tools pass on "nothing". What a flag has
/// said already is not even looked at.
struct Environment {
    private static let prefix = "broadcast-server"
    private let reader: ConfigReader

    /// Reads from `provider`, by default the environment of the process.
    init(_ provider: some ConfigProvider = EnvironmentVariablesProvider()) {
        // The provider looks keys up in upper case, with underscores for what is no letter and no digit.
        reader = ConfigReader(provider: provider).scoped(to: ConfigKey([Self.prefix]))
    }

    /// The name of an option's variable.
    static func variable(_ name: String) -> String {
        "\(prefix)-\(name)".uppercased().replacing("-", with: "_")
    }

    /// What the flag says, else the variable, else the default.
    func value<Value: OptionValue>(
        _ option: KeyPath<ServerOptions, Setting<Value>>,
        _ flag: Value?
    ) throws(Failure) -> Value {
        if let flag { return flag }
        return try variable(option) ?? ServerOptions.table[keyPath: option].default
    }

    /// The same for an option that may have no value.
    func value<Value: OptionValue>(
        _ option: KeyPath<ServerOptions, Setting<Value?>>,
        _ flag: Value?
    ) throws(Failure) -> Value? {
        if let flag { return flag }
        return try variable(option) ?? nil
    }

    /// The same for an option that may have several.
    func value<Value: OptionValue>(
        _ option: KeyPath<ServerOptions, Setting<[Value]>>,
        _ flags: [Value]
    ) throws(Failure) -> [Value] {
        if !flags.isEmpty { return flags }
        return try variable(option) ?? []
    }

    /// The same for a switch.
    func value(_ option: KeyPath<ServerOptions, Setting<Bool>>, _ flag: Bool?) throws(Failure) -> Bool {
        if let flag { return flag }
        return try variable(option) { key, _ in reader.bool(forKey: key) } ?? false
    }

    private func variable<Value>(_ option: KeyPath<ServerOptions, Setting<Value>>) throws(Failure) -> Value? {
        try variable(option) { _, text in ServerOptions.table[keyPath: option].read(text) }
    }

    private func variable<Value>(
        _ option: KeyPath<ServerOptions, Setting<Value>>,
        read: (ConfigKey, String) -> Value?
    ) throws(Failure) -> Value? {
        let setting = ServerOptions.table[keyPath: option]
        let key = ConfigKey([setting.name])
        guard let text = reader.string(forKey: key), !text.isEmpty else { return nil }
        guard let value = read(key, text) else {
            let name = Self.variable(setting.name)
            // What may hold a password is not shown.
            let value = text.contains("@") ? "has a wrong value" : "is \"\(EscapedText.escape(text))\""
            let message = "The environment variable \(name) \(value). \(setting.rule)"
            throw Failure(.badConfiguration, message)
        }
        return value
    }
}
