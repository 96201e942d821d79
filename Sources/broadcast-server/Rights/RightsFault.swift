/// Why a text or a claim gives no rights.
enum RightsFault: Error, Hashable, CustomStringConvertible {
    case badPattern(String)
    case badRight(String)
    /// Nothing is said to be allowed for a pattern.
    case noRight(String)
    case tooMany
    /// Neither a list of channels nor an object of them.
    case badForm

    var description: String {
        switch self {
        case .badPattern(let text): "\"\(Self.shown(text))\" is no channel. \(ChannelPattern.rule)"
        case .badRight(let word): "\"\(Self.shown(word))\" is no right. Rights are \(ChannelRights.allWords)."
        case .noRight(let pattern): "No right is named for \"\(Self.shown(pattern))\"."
        case .tooMany: "More than \(Rights.maximumPatterns) channels are named."
        case .badForm: "Channels are a list of names, or an object that has a list of rights for each."
        }
    }

    /// The beginning of what somebody has written.
    private static func shown(_ text: String) -> String {
        text.count > 80 ? "\(text.prefix(80))…" : text
    }
}
