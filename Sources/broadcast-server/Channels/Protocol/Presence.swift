/// Who came or left, and how many there are now.
struct Presence: Sendable, Equatable, Codable {
    var member: Member
    var count: Int
}

/// Who has another name than before.
struct Renaming: Sendable, Equatable, Codable {
    /// With the new name.
    var member: Member
    var was: String
}

/// Who is here: told again to a client that was not told of some who came, left or took another name.
struct Attendance: Sendable, Equatable, Codable {
    /// The number of members, the client included.
    var count: Int
    /// Everybody in order of their ids; nil in a channel with too many.
    var members: [Member]?
}
