/// Which channels a right is for. There are three forms:
///
/// | form | is for |
/// |---|---|
/// | `team` | the channel of this name, and no other |
/// | `team.*` | each channel whose name begins with `team.` and goes on behind that: `team.a`, `team.a.b`, but neither `team` nor `team.` |
/// | `*` | each channel, the default one included |
///
/// `/` is the default channel, which has no name. Names stand as they are, not percent-encoded, and are compared as names of
/// channels are: capitals count. A star anywhere else is refused rather than taken for itself, so that nobody believes to
/// have said more than they did; a channel with a star in its name is within reach of the other forms only.
struct ChannelPattern: Hashable, Sendable {
    private enum Form: Hashable {
        case all
        case one(ChannelName)
        /// What is before the star, the dot included.
        case beginning(String)
    }

    /// Every channel.
    static let all = ChannelPattern(form: .all)

    static let rule =
        "A channel is a name such as team, a beginning such as team.*, / for the one without a name, or * for all."

    private let form: Form

    private init(form: Form) {
        self.form = form
    }

    /// - Returns: nil for a text of no form.
    init?(_ text: some StringProtocol) {
        switch text {
        case "*": form = .all
        case "/": form = .one(.default)
        default:
            let isBeginning = text.hasSuffix(".*")
            let name = String(isBeginning ? text.dropLast() : text[...])
            // As scalars: with a mark behind it, a star is another character.
            guard !name.isEmpty, !name.unicodeScalars.contains("*"), let channel = ChannelName(checking: name) else {
                return nil
            }
            form = isBeginning ? .beginning(channel.text) : .one(channel)
        }
    }

    func matches(_ channel: ChannelName) -> Bool {
        switch form {
        case .all: true
        case .one(let name): name == channel
        // By characters, as two names are the same or not.
        case .beginning(let beginning): channel.text.hasPrefix(beginning) && channel.text != beginning
        }
    }
}

extension ChannelPattern: CustomStringConvertible {
    /// The form that it is written in.
    var description: String {
        switch form {
        case .all: "*"
        case .one(let name): name == .default ? "/" : name.text
        case .beginning(let beginning): "\(beginning)*"
        }
    }
}
