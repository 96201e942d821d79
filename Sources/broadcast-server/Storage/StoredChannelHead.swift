/// What is known of a stored channel without reading it.
struct StoredChannelHead: Sendable, Equatable {
    var epoch: UInt64
    var name: ChannelName
    /// Of the last publication.
    var number: UInt64
    /// The last that a session was given.
    var tag: UInt32
    /// When something of it was written last: milliseconds since 1970-01-01 00:00 UTC.
    var used: Int64
}
