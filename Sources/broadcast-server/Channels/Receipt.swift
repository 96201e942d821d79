/// What became of a message.
struct Receipt: Sendable, Equatable {
    /// Its position in the channel.
    let id: PositionText
    /// The members that it was for when it got its place.
    let receivers: Int
    /// Where it is kept, as far as this is known.
    var stored = Stored.memory
}
