import Configuration
import FoundationEssentials

/// What the options of `start` are when no flag says so: the variables, `BROADCAST_SERVER_` and the name of the option,
/// then the configuration file, then the defaults.
///
/// A variable that is set but empty counts as not set, since that is how many tools pass on "nothing". What a flag has
/// said already is not even looked at.
struct Environment: Sendable {
    private static let prefix = "broadcast-server"

    private let reader: ConfigReader
    private let file: ConfigurationFile?
    /// What was read from it so far, and what was wrong.
    let ledger: OptionLedger
    /// Whether what is wrong is only noted, so that all of it is found.
    private let collectsProblems: Bool

    /// Reads from `variables`, by default those of the process.
    ///
    /// - Parameters:
    ///   - file: what holds where there is no variable.
    ///   - collectsProblems: whether the ledger gets what is wrong, and the default holds in its place; otherwise it is
    ///     thrown.
    init(
        _ variables: some ConfigProvider = Self.variables,
        file: ConfigurationFile? = nil,
        collectsProblems: Bool = false
    ) {
        let ledger = OptionLedger()
        let providers: [any ConfigProvider] = file.map { [variables, $0.provider] } ?? [variables]
        // The provider looks keys up in upper case, with underscores for what is no letter and no digit.
        reader = ConfigReader(providers: providers, accessReporter: ledger).scoped(to: ConfigKey([Self.prefix]))
        self.ledger = ledger
        self.file = file
        self.collectsProblems = collectsProblems
    }

    /// Those of the process that say something.
    static var variables: EnvironmentVariablesProvider {
        EnvironmentVariablesProvider(
            environmentVariables: ProcessInfo.processInfo.environment.filter { !$0.value.isEmpty }
        )
    }

    /// The name of an option's variable.
    static func variable(_ name: String) -> String {
        "\(prefix)-\(name)".uppercased().replacing("-", with: "_")
    }

    /// The key by which an option is asked for.
    static func absoluteKey(_ name: String) -> AbsoluteConfigKey {
        AbsoluteConfigKey([prefix, name])
    }

    // MARK: Values

    /// What the flag says, else the variable, else the file, else the default.
    func value<Value: OptionValue>(
        _ option: KeyPath<ServerOptions, Setting<Value>>,
        _ flag: Value?
    ) throws(Failure) -> Value {
        try value(of: ServerOptions.table[keyPath: option], flag)
    }

    /// The same for an option that may have no value.
    func value<Value: OptionValue>(
        _ option: KeyPath<ServerOptions, Setting<Value?>>,
        _ flag: Value?
    ) throws(Failure) -> Value? {
        try value(of: ServerOptions.table[keyPath: option], flag.map(Optional.some))
    }

    /// The same for an option that may have several.
    func value<Value: OptionValue>(
        _ option: KeyPath<ServerOptions, Setting<[Value]>>,
        _ flags: [Value]
    ) throws(Failure) -> [Value] {
        try value(of: ServerOptions.table[keyPath: option], flags.isEmpty ? nil : flags)
    }

    /// The same for a switch.
    func value(_ option: KeyPath<ServerOptions, Setting<Bool>>, _ flag: Bool?) throws(Failure) -> Bool {
        try value(of: ServerOptions.table[keyPath: option], flag)
    }

    /// Who has said what an option is that was read.
    func source<Value>(_ option: KeyPath<ServerOptions, Setting<Value>>) -> OptionSource {
        ledger.readings[ServerOptions.table[keyPath: option].name]?.source ?? .default
    }

    private func value<Value>(of setting: Setting<Value>, _ flag: Value?) throws(Failure) -> Value {
        if let flag {
            ledger.note(setting, flag, .flag)
            return flag
        }
        guard let (text, source) = text(of: setting) else {
            ledger.note(setting, setting.default, .default)
            return setting.default
        }
        guard let value = setting.read(text) else {
            try refuse(setting.complaint(about: text), of: setting, source)
            return setting.default
        }
        ledger.note(setting, value, source)
        return value
    }

    private func text<Value>(of setting: Setting<Value>) -> (String, OptionSource)? {
        guard let text = reader.string(forKey: ConfigKey([setting.name]), isSecret: true), !text.isEmpty else {
            return nil
        }
        guard ledger.provider?.contains(ConfigurationFile.providerName) == true,
            let position = file?.positions[setting.name]
        else { return (text, .variable) }
        return (text, .file(position))
    }

    // MARK: Problems

    /// Throws what is wrong, or notes it when all of it is to be found: whoever calls this goes on as well as it can.
    func refuse(_ failure: Failure) throws(Failure) {
        guard collectsProblems else { throw failure }
        ledger.note(failure)
    }

    /// The same for options that were read and do not go together, or name what is of no use: when the file says one of
    /// them, its place is told.
    func refuse(
        _ message: String,
        code: ExitCode = .usage,
        about options: any SettingDescription...
    ) throws(Failure) {
        let readings = ledger.readings
        for option in options {
            guard case .file(let position) = readings[option.name]?.source else { continue }
            return try refuse(Failure(.badConfiguration, "\(position): \(message)"))
        }
        try refuse(Failure(code, message))
    }

    /// Does what may fail for the sake of an option that was read, such as looking at the file that it names.
    func attempt(
        about option: any SettingDescription,
        _ body: () throws(Failure) -> Void
    ) throws(Failure) {
        do throws(Failure) {
            try body()
        } catch {
            try refuse(error.message, code: error.code, about: option)
        }
    }

    private func refuse(
        _ complaint: String,
        of setting: any SettingDescription,
        _ source: OptionSource
    ) throws(Failure) {
        let what =
            switch source {
            case .file(let position): "\(position): \"\(setting.name)\""
            case .flag, .variable, .default: "The environment variable \(Self.variable(setting.name))"
            }
        try refuse(Failure(.badConfiguration, "\(what) \(complaint)"))
    }
}
