extension ServerOptions {
    /// All of them, in the order of the table.
    static var descriptions: [any SettingDescription] {
        Mirror(reflecting: table).children.compactMap { $0.value as? any SettingDescription }
    }

    /// The names of those that SIGHUP changes.
    static var reloadableNames: String {
        descriptions.filter(\.isReloadable).map(\.name).joined(separator: ", ")
    }

    /// The section on variables of `--help`.
    static var environmentHelp: String {
        let lines = descriptions.map { option in
            let variable = Environment.variable(option.name)
            let gap = String(repeating: " ", count: max(2, 35 - variable.count))
            let note = option.valueName == nil ? "true or false: like " : "like "
            let separator = option.separator.map { ", with \($0.name)" } ?? ""
            return "  \(variable)\(gap)\(note)--\(option.name)\(separator)"
        }
        return "ENVIRONMENT:\n" + lines.joined(separator: "\n")
    }
}
