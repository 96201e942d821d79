import ArgumentParser
import LWSSwift

/// How the server passes messages on.
struct ChatSettings: Equatable, Sendable {
    /// The form in which the others get a message.
    var envelope = Envelope.text
    /// The largest message that is taken.
    var maximumMessageBytes = Defaults.maximumMessageBytes
    /// Whether the sender gets its message too.
    var echoes = false
    /// What becomes of clients that do not keep up.
    var slowClients = SlowMemberPolicy()
    /// How messages are compressed for clients that offer it (RFC 7692); nil for not at all.
    var compression: WebSocketCompression? = WebSocketCompression()
    /// What is kept for those who come back; nil for nothing.
    var history: HistorySettings? = HistorySettings()
    /// Whether a message is acknowledged only when it is on the disk.
    var isDurable = false
    /// How long a member that has lost its connection stays one.
    var sessionGrace = Duration.seconds(30)
    /// How long those who listen to events may be without a sign of life; nil for ever.
    var eventCommentInterval: Duration? = .seconds(15)
    /// How many loops, and so threads, serve the connections.
    var threads = ThreadCount.number(1)
}

/// A choice between two words, where a switch without a value could not be turned off again.
enum OnOff: String, CaseIterable, OptionValue {
    static let valueName = "switch"

    case on, off

    /// Programs that rewrite YAML often make `true` of `on`.
    init?(argument text: String) {
        guard let isOn = SwitchWord.read(text) else { return nil }
        self = isOn ? .on : .off
    }
}

/// What the command line calls the policies for clients that do not keep up.
enum SlowClientAction: String, CaseIterable, OptionValue {
    static let valueName = "policy"

    case close
    case dropOldest = "drop-oldest"
    case dropNewest = "drop-newest"

    var action: SlowMemberPolicy.Action {
        switch self {
        case .close: .close
        case .dropOldest: .dropOldest
        case .dropNewest: .dropNewest
        }
    }
}
