/// Who has said what an option is.
enum OptionSource: Equatable, Sendable {
    case flag
    case variable
    case file(FilePosition)
    case `default`

    /// The weaker of two gives way.
    var strength: Int {
        switch self {
        case .flag: 3
        case .variable: 2
        case .file: 1
        case .default: 0
        }
    }

    /// As it is told of an option with this name.
    func description(of name: String) -> String {
        switch self {
        case .flag: "flag"
        case .variable: Environment.variable(name)
        case .file(let position): "\(EscapedText.escape(position.path)):\(position.line)"
        case .default: "default"
        }
    }
}

/// What an option has come to, and by whom.
struct OptionReading: Equatable, Sendable {
    let source: OptionSource
    /// As they would be written: one, or those of a list; none where there is no value.
    let texts: [String]
}
