/// What a client asks for when it comes to a channel.
struct JoinRequest: Sendable, Equatable {
    /// How it is known when it comes back.
    enum Identity: Sendable, Equatable {
        /// It is forgotten when it has gone: one of plain text, which could not say who it was.
        case none
        /// It gets a session.
        case session
        /// It says that it has one.
        case returning(SessionID)
    }

    var channel: ChannelName
    /// nil for a client that goes by its id.
    var name: MemberName?
    var identity: Identity
    /// Whose session it is.
    var owner = SessionOwner.nobody
}
