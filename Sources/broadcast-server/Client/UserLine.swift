/// What a line means that a user typed: a message, or a word to the program.
enum UserLine: Equatable {
    case message(String)
    case leave
    case help
    case members
    /// To a name, or to none when it is empty.
    case rename(String)
    /// Begins like a command, but is none.
    case unknown(String)

    /// Reads a line.
    ///
    /// - Parameter hasCommands: whether a person types it, at a terminal. In a pipe every line is a message.
    init(_ line: String, hasCommands: Bool) {
        guard hasCommands else {
            self = .message(line)
            return
        }
        let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        let argument = words.count > 1 ? Self.trimmed(words[1]) : ""
        switch (words.first ?? "", argument.isEmpty) {
        case ("exit", true), ("quit", true): self = .leave
        case ("/quit", true), ("/exit", true): self = .leave
        case ("/help", _): self = .help
        case ("/who", true): self = .members
        case ("/name", _): self = .rename(argument)
        // Two slashes send a line that begins with one.
        case (let word, _) where word.hasPrefix("//"): self = .message(String(line.drop { $0 == " " }.dropFirst()))
        case (let word, _) where word.hasPrefix("/"): self = .unknown(String(word))
        default: self = .message(line)
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0 == " " }
        return String(start[..<(start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.startIndex)])
    }

    /// The words that a command begins with.
    static let commandWords = ["/exit", "/help", "/name", "/quit", "/who"]

    /// What `/help` prints.
    static let commands = """
        /who         who is here
        /name NAME   go by another name; without NAME, by none
        /quit        leave; so do exit, quit and Ctrl-D
        //text       a message that begins with a slash
        Tab completes commands and names, the arrow keys bring earlier lines back, Ctrl-C clears the line.
        """

    /// What is told to those who look for a way out.
    static let farewell = "To leave, press Ctrl-D or type /quit."
}
