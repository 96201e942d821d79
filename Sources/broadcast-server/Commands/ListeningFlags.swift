import ArgumentParser

/// The flags that say what to take of what is said: those of every command that prints it.
struct ListeningFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("Leave after so many messages were received.", valueName: "number"),
        transform: { text in
            guard let count = Int(text), count > 0 else { throw ValidationError("Use a number from 1.") }
            return count
        }
    )
    var count: Int?

    @Option(
        help: ArgumentHelp("Begin with the last so many messages that the server has.", valueName: "number"),
        transform: { text in
            guard let count = Int(text), 0...999_999_999 ~= count else {
                throw ValidationError("Use a number from 0 to 999999999.")
            }
            return count
        }
    )
    var last: Int?

    @Option(
        help: ArgumentHelp(
            "Begin behind the message of this id, as --json prints it, with what the server has of it.",
            valueName: "id"
        ),
        transform: { text in
            guard 1...64 ~= text.utf8.count, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
                throw ValidationError("Use the \"id\" of a message, or a \"position\", as --json prints them.")
            }
            return PositionText(rawValue: text)
        }
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
