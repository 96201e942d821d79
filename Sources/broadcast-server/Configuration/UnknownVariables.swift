import FoundationEssentials

/// Variables that look like those of options and are none: they may be misspelt, or come from somebody who knows nothing of
/// this program, as Kubernetes has some for each service.
enum UnknownVariables {
    /// A line for each.
    static func notes(in environment: [String: String] = ProcessInfo.processInfo.environment) -> [String] {
        let names = ServerOptions.descriptions.map(\.name)
        let known = Set(names.map(Environment.variable))
        let prefix = Environment.variable("")
        return environment.keys.filter { $0.hasPrefix(prefix) && !known.contains($0) }.sorted().map { variable in
            let nearest = NearestName.of(String(variable.dropFirst(prefix.count)), among: names)
            let hint = nearest.map { " Is it \(Environment.variable($0)) that you mean?" } ?? ""
            return "No option has the variable \(EscapedText.escape(variable)).\(hint)"
        }
    }
}
