import Yams

/// What Yams says of a text that is no YAML, as it is told here.
enum YAMLFault {
    static func problem(_ error: YamlError, in text: String, _ path: String) -> ConfigurationTree.Problem {
        let (mark, message) = told(error, in: text)
        let position = FilePosition(path: path, line: max(1, mark?.line ?? 1), column: max(1, mark?.column ?? 1))
        return ConfigurationTree.Problem(position: position, message: message)
    }

    private static func told(_ error: YamlError, in text: String) -> (Mark?, String) {
        switch error {
        case .scanner(_, _, let mark, _) where character(at: mark, in: text) == "\t":
            return (mark, "YAML has no tabs before names. Use spaces.")
        case .scanner(let context?, _, _, _) where character(at: context.mark, in: text) == "*":
            return (context.mark, "Write values that begin with * in quotes.")
        case .composer(_, _, let mark, _) where character(at: mark, in: text) == "*":
            return (mark, "There is no anchor of this name. Write values that begin with * in quotes.")
        case .composer(_, _, let mark, _):
            return (mark, "A second document begins here. Leave one of them.")
        case .parser(_, let problem, let mark, _) where problem.contains("nesting"):
            return (mark, "This is nested too deeply.")
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let place = context.map { " \($0.text) that begins in line \($0.mark.line)" } ?? ""
            return (mark, "This is no YAML: \(problem)\(place).")
        case .duplicatedKeysInMapping(let names, let context):
            return (
                context.mark, "\"\(EscapedText.escape(names.first ?? ""))\" stands here and once more below. Leave one."
            )
        case .no, .memory, .reader, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            return (nil, "This cannot be read as YAML.")
        }
    }

    private static func character(at mark: Mark, in text: String) -> Unicode.Scalar? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        return lines[mark.line - 1].unicodeScalars.dropFirst(mark.column - 1).first
    }
}
