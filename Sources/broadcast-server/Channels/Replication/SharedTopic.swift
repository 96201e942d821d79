/// What a batch of a ``SharedLog`` is about. The log keeps so many of the latest of each topic: so those who come and go
/// push nothing out of what was said.
enum SharedTopic: Sendable, Hashable {
    /// The nodes themselves.
    case nodes
    /// What was said in a channel, and whatever else came with it.
    case said(ChannelName)
    /// Who is in a channel, and nothing that was said.
    case presence(ChannelName)

    var channel: ChannelName? {
        switch self {
        case .nodes: nil
        case .said(let channel), .presence(let channel): channel
        }
    }
}
