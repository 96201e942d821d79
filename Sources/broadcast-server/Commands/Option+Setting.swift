import ArgumentParser

// Each is nil, or empty, when it is not given, so that a variable can still decide.

extension Option {
    /// The option that a setting describes.
    init<Element: OptionValue>(_ setting: Setting<Element?>) where Value == Element? {
        self.init(setting, showsDefault: true) { setting.read($0) ?? nil }
    }

    /// An option of the table.
    /// - Parameter showsDefault: false for a command with another default.
    init<Element: OptionValue>(
        _ option: KeyPath<ServerOptions, Setting<Element>>,
        showsDefault: Bool = true
    ) where Value == Element? {
        let setting = ServerOptions.table[keyPath: option]
        self.init(setting, showsDefault: showsDefault, read: setting.read)
    }

    /// An option of the table that may have no value.
    init<Element: OptionValue>(
        _ option: KeyPath<ServerOptions, Setting<Element?>>,
        showsDefault: Bool = true
    ) where Value == Element? {
        let setting = ServerOptions.table[keyPath: option]
        self.init(setting, showsDefault: showsDefault) { setting.read($0) ?? nil }
    }

    /// An option of the table that may be repeated.
    init<Element: OptionValue>(_ option: KeyPath<ServerOptions, Setting<[Element]>>) where Value == [Element] {
        let setting = ServerOptions.table[keyPath: option]
        self.init(
            wrappedValue: [],
            name: .customLong(setting.name),
            help: setting.help(),
            transform: { (text: String) throws -> Element in
                guard let value = Element(argument: text) else { throw ValidationError(setting.rule) }
                return value
            }
        )
    }

    private init<Described, Element: OptionValue>(
        _ setting: Setting<Described>,
        showsDefault: Bool,
        read: @escaping @Sendable (String) -> Element?
    ) where Value == Element? {
        self.init(
            name: .customLong(setting.name),
            help: setting.help(showsDefault: showsDefault),
            completion: setting.completion ?? Element.defaultCompletionKind,
            transform: { (text: String) throws -> Element in
                // Of what is returned as nil the parser would not say what it must be.
                guard let value = read(text) else { throw ValidationError(setting.rule) }
                return value
            }
        )
    }
}

extension Flag where Value == Bool? {
    /// A switch of the table, with `--no-` to turn it off.
    init(_ option: KeyPath<ServerOptions, Setting<Bool>>) {
        let setting = ServerOptions.table[keyPath: option]
        self.init(name: .customLong(setting.name), inversion: .prefixedNo, help: setting.help())
    }
}

extension Flag where Value == Bool {
    /// A switch of the table that another option turns off.
    init(_ option: KeyPath<ServerOptions, Setting<Bool>>) {
        let setting = ServerOptions.table[keyPath: option]
        self.init(wrappedValue: false, name: .customLong(setting.name), help: setting.help())
    }
}
