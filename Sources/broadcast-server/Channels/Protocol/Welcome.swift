/// Who the client is and where it has come to: the first object of a connection.
struct Welcome: Sendable, Equatable, Codable {
    /// Everything behind it follows on this connection.
    var position: PositionText
    /// Whether the client asked for what it has missed, and gets all of that.
    var recovered: Bool
    /// The client itself.
    var member: Member
    /// To be shown when connecting again, so that the member and its keys are recognized.
    var session: String
    /// Empty for the default channel.
    var channel: String
    /// The number of members, this one included.
    var count: Int
    /// Everybody in order of their ids, this one included; nil in a channel with too many.
    var members: [Member]?
    /// The largest message that the server takes, in bytes; nil from a server that does not say so.
    var maxMessage: Int?
    /// What it may do, unless that is all that members do.
    var rights: [String]?
    /// Until when, in milliseconds since 1970-01-01 00:00 UTC; nil for as long as it likes.
    var expires: Int64?
}
