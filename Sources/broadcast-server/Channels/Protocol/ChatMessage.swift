/// What somebody said.
struct ChatMessage: Sendable, Equatable, Codable {
    /// Its place in the order of the channel.
    var id: PositionText
    var from: Member
    /// When it got that: milliseconds since 1970-01-01 00:00 UTC.
    var time: Int64
    var text: String
}
