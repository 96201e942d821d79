import ArgumentParser

/// An option as it is described once, for its flag, its variable, the help and docs/configuration.md.
///
/// `Value` is what a reader of it gets: optional where there may be none, an array where there may be several.
struct Setting<Value: Sendable>: Sendable {
    /// Its words with hyphens between them, as in `history-age`: the flag is `--history-age`.
    let name: String
    /// What help calls its value; nil for a switch.
    let valueName: String?
    /// What it is for.
    let purpose: String
    let `default`: Value
    /// The default as help shows it; nil where there is nothing to show.
    let defaultText: String?
    /// What a value must be.
    let rule: String
    /// The value, or nil when the text is none.
    let read: @Sendable (String) -> Value?
    /// The value as it would be written: the elements of a list, and nothing where there is no value.
    let write: @Sendable (Value) -> [String]
    /// What stands between the values of a variable, where there may be several.
    var separator: ListSeparator?
    /// What stands between the elements of a list in the configuration file, for which an option may have one text.
    var fileSeparator: ListSeparator?
    /// Whether the text of a value must not be shown to anybody.
    var isSecret: @Sendable (String) -> Bool = { _ in false }
    /// Whether SIGHUP changes it while the server runs.
    var isReloadable = false
    /// Whether it may stand in the configuration file.
    var isForFile = true
}

/// What stands between several values in one text.
enum ListSeparator: String, Sendable {
    case comma = ","
    /// For those that have commas themselves.
    case space = " "

    var name: String { "\(self)s" }
}

extension Setting {
    /// One whose value is shown nowhere.
    /// - Parameter isSecret: for one that is secret in some cases only, whether a text is.
    func secret(_ isSecret: @escaping @Sendable (String) -> Bool = { _ in true }) -> Setting {
        var setting = self
        setting.isSecret = isSecret
        return setting
    }

    /// One that SIGHUP changes while the server runs.
    func reloadable() -> Setting {
        var setting = self
        setting.isReloadable = true
        return setting
    }

    /// One that says where the configuration file is.
    func outsideFile() -> Setting {
        var setting = self
        setting.isForFile = false
        return setting
    }
}

extension Setting {
    /// An option with a default.
    init(
        _ name: String,
        as form: OptionForm<Value> = .any,
        default: Value,
        _ purpose: String,
        value: String = Value.valueName
    ) where Value: OptionValue {
        self.init(
            name: name,
            valueName: value,
            purpose: purpose,
            default: `default`,
            defaultText: `default`.defaultValueDescription,
            rule: form.rule,
            read: form.read,
            write: { [$0.defaultValueDescription] }
        )
    }

    /// An option without a value unless one is given.
    /// - Parameter ifMissing: what holds then, for the help.
    init<Element>(
        _ name: String,
        as form: OptionForm<Element> = .any,
        ifMissing: String? = nil,
        _ purpose: String,
        value: String = Element.valueName
    ) where Value == Element? {
        self.init(
            name: name,
            valueName: value,
            purpose: purpose,
            default: nil,
            defaultText: ifMissing,
            rule: form.rule,
            read: { text in form.read(text).map(Optional.some) },
            write: { $0.map { [$0.defaultValueDescription] } ?? [] },
            fileSeparator: Element.takesList ? .comma : nil
        )
    }

    /// An option that may be repeated; a variable has several values with a separator between them.
    init<Element: OptionValue>(
        list name: String,
        separator: ListSeparator = .comma,
        ifMissing: String? = nil,
        _ purpose: String,
        value: String = Element.valueName
    ) where Value == [Element] {
        self.init(
            name: name,
            valueName: value,
            purpose: purpose,
            default: [],
            defaultText: ifMissing,
            rule: Element.rule,
            read: { text in
                let words = text.split(separator: separator.rawValue).map { String($0.drop { $0 == " " }) }
                let values = words.compactMap { Element(argument: $0) }
                return values.count == words.count ? values : nil
            },
            write: { $0.map(\.defaultValueDescription) },
            separator: separator,
            fileSeparator: separator
        )
    }

    /// A switch, which is off unless it is turned on.
    init(switch name: String, _ purpose: String) where Value == Bool {
        self.init(
            name: name,
            valueName: nil,
            purpose: purpose,
            default: false,
            defaultText: nil,
            rule: "Use true or false.",
            read: SwitchWord.read,
            write: { ["\($0)"] }
        )
    }
}

/// What can be said of a setting without knowing its type.
protocol SettingDescription: Sendable {
    var name: String { get }
    var valueName: String? { get }
    var defaultText: String? { get }
    var rule: String { get }
    var separator: ListSeparator? { get }
    var fileSeparator: ListSeparator? { get }
    var isSecret: @Sendable (String) -> Bool { get }
    var isReloadable: Bool { get }
    var isForFile: Bool { get }

    /// Whether a text is a value of it.
    func takes(_ text: String) -> Bool
}

extension SettingDescription {
    /// What is wrong with a text that it does not take.
    func complaint(about text: String) -> String {
        // Of what is secret not even a wrong value is shown: most of it may be right.
        let value = isSecret(text) ? "has a wrong value" : "is \"\(EscapedText.escape(text))\""
        return "\(value). \(rule)"
    }
}

extension Setting: SettingDescription {
    func takes(_ text: String) -> Bool {
        read(text) != nil
    }

    /// What a shell completes it with; nil for what the type says.
    var completion: CompletionKind? {
        switch valueName {
        case "directory": .directory
        case "file", "path": .file()
        default: nil
        }
    }

    /// What the help of the flag says.
    /// - Parameter showsDefault: false where another default holds.
    func help(showsDefault: Bool = true) -> ArgumentHelp {
        let suffix = showsDefault ? defaultText.map { " (default: \($0))" } ?? "" : ""
        return ArgumentHelp("\(purpose)\(suffix)", valueName: valueName)
    }
}
