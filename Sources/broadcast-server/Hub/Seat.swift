/// A member's place in a channel, which the member keeps.
struct Seat: Sendable, Equatable {
    private(set) var member: Member
    let channel: ChannelName
    /// nil for one of plain text.
    let session: SessionID?
    /// Whether it has a name of its own, as given by the register of its channel.
    private(set) var isNamed: Bool

    var id: ClientID { member.id }
    /// Where its keys are remembered; nil for one of plain text.
    var sessionKey: SessionRegister.Key? { session.map { SessionRegister.Key(channel: channel, id: $0) } }

    /// - Parameter name: nil for one that goes by its id.
    init(id: ClientID, channel: ChannelName, session: SessionID?, name: String?) {
        self.channel = channel
        self.session = session
        member = Member(id: id, name: name ?? Self.name(of: id))
        isNamed = name != nil
    }

    /// - Parameter name: nil to go by the id again.
    mutating func take(_ name: String?) {
        member.name = name ?? Self.name(of: id)
        isNamed = name != nil
    }

    private static func name(of id: ClientID) -> String { "Client \(id)" }
}
