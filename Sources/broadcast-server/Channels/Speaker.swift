import LWSSwift

/// Who says something and where, as the log begins a line with it: made once for all that somebody says.
struct Speaker: Sendable {
    /// Fit for a terminal, up to the text.
    let label: [UInt8]

    private init(_ label: String, in channel: ChannelName) {
        let place = channel == .default ? "" : " in \(channel)"
        self.label = Array("\(EscapedText.escape(label + place)): ".utf8)
    }

    /// - Parameter isNamed: whether it has a name of its own.
    init(_ member: Member, isNamed: Bool, in channel: ChannelName) {
        self.init("Client \(member.id)" + (isNamed ? " (\(member.name))" : ""), in: channel)
    }

    /// No member, who has a name of its own choice, and so is told by its address, too.
    init(publisher name: String, address: SocketAddress?, in channel: ChannelName) {
        self.init("Publisher \(name)" + (address.map { " (\($0))" } ?? ""), in: channel)
    }
}
