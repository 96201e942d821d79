import ArgumentParser

/// The flags that say what to take of what is said: those of every command that prints it.
struct ListeningFlags: ParsableArguments {
    @Option(Setting("count", as: .within(1...999_999_999), "Leave after so many messages were received."))
    var count: Int?

    @Option(Setting("last", as: .within(0...999_999_999), "Begin with the last so many messages that the server has."))
    var last: Int?

    @Option(
        Setting("after", "Begin behind the message of this id, as --json prints it, with what the server has of it.")
    )
    var after: PositionText?

    func validate() throws {
        if last != nil && after != nil {
            throw ValidationError("--last and --after exclude each other. Use one of them.")
        }
    }

    /// Where to begin.
    var beginning: Place.Beginning {
        if let after { .after(after) } else if let last { .last(last) } else { .now }
    }
}

extension PositionText: OptionValue {
    static let valueName = "id"
    static let rule = "Use the \"id\" of a message, or a \"position\", as --json prints them."

    init?(argument text: String) {
        guard 1...64 ~= text.utf8.count, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
        self.init(rawValue: text)
    }
}
