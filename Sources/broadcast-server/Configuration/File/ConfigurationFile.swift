import Configuration

/// The options that a file says, and what is wrong with it.
struct ConfigurationFile: Sendable {
    /// The name of the provider that hands its values on.
    static let providerName = "file"

    let path: String
    /// Where each option that the file has stands.
    private(set) var positions: [String: FilePosition] = [:]
    private(set) var problems: [Failure] = []
    private(set) var warnings: [String] = []
    private var values: [String: String] = [:]

    /// Reads a file; blocks meanwhile.
    init(contentsOf path: String) {
        self.path = path
        do throws(Failure) {
            let contents = try ConfigurationText(contentsOf: path)
            read(contents.text)
            warn(isReadableByAll: contents.isReadableByAll)
        } catch {
            problems = [error]
        }
    }

    /// Reads a text in the place of a file.
    init(_ text: String, path: String) {
        self.path = path
        read(text)
    }

    /// The values, for ``Environment``.
    var provider: some ConfigProvider {
        var entries: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, text) in values {
            entries[Environment.absoluteKey(name)] = ConfigValue(.string(text), isSecret: true)
        }
        return InMemoryProvider(name: Self.providerName, values: entries)
    }

    private mutating func read(_ text: String) {
        let options = ServerOptions.descriptions.filter(\.isForFile)
        let outsiders = ServerOptions.descriptions.filter { !$0.isForFile }.map(\.name)
        let tree = ConfigurationTree(text, path: path, names: options.map(\.name), outsiders: outsiders)
        var found = tree.problems
        for entry in tree.entries {
            guard let option = options.first(where: { $0.name == entry.name }) else { continue }
            found += take(entry, of: option)
        }
        problems = found.sorted { ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column) }
            .map { Failure(.badConfiguration, "\($0.position): \($0.message)") }
    }

    /// All that is wrong with an entry; nothing when it was taken.
    private mutating func take(
        _ entry: ConfigurationTree.Entry,
        of option: any SettingDescription
    ) -> [ConfigurationTree.Problem] {
        if let first = positions[entry.name] {
            let message = "\"\(entry.name)\" is said already, in line \(first.line). Leave one of them."
            return [ConfigurationTree.Problem(position: entry.position, message: message)]
        }
        positions[entry.name] = entry.position
        let items: [ConfigurationTree.Item]
        switch entry.value {
        case .one(let item): items = [item]
        case .list(let list):
            items = list
            guard option.fileSeparator != nil else {
                let message = "\"\(entry.name)\" has one value, and no list of them."
                return [ConfigurationTree.Problem(position: entry.position, message: message)]
            }
        }
        let wrong = items.filter { !option.takes($0.text) }
        if wrong.isEmpty {
            values[entry.name] = items.map(\.text).joined(separator: option.fileSeparator?.rawValue ?? "")
        }
        return wrong.map { item in
            let message = "\"\(entry.name)\" \(option.complaint(about: item.text))"
            return ConfigurationTree.Problem(position: item.position, message: message)
        }
    }

    private mutating func warn(isReadableByAll: Bool) {
        guard isReadableByAll else { return }
        for option in ServerOptions.descriptions {
            guard let text = values[option.name], option.isSecret(text) else { continue }
            let path = EscapedText.escape(path)
            warnings.append("Everybody may read \(path), with the secret of \"\(option.name)\" in it: chmod o-r it.")
        }
    }
}
