/// What a member may do in its channel from now on.
struct Granted: Sendable, Equatable, Codable {
    /// The words of the rights.
    var rights: [String]
    /// Until when, in milliseconds since 1970-01-01 00:00 UTC; nil for as long as it likes.
    var expires: Int64?

    init(_ rights: ChannelRights, until expiry: NumericDate?) {
        self.rights = rights.words
        expires = expiry?.milliseconds
    }
}

/// The token of a member is about to expire: the member should send another one.
struct Expiring: Sendable, Equatable, Codable {
    /// When, in milliseconds since 1970-01-01 00:00 UTC.
    var at: Int64
}
