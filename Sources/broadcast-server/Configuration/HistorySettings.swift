/// What the server keeps of what was said.
struct HistorySettings: Equatable, Sendable {
    /// How many messages of each channel.
    var maximumMessages = 1_000
    /// How many bytes of each channel.
    var maximumBytes = 1 << 20
    /// How old a message may become.
    var maximumAge = Duration.seconds(24 * 3_600)
    /// How many bytes of all channels together.
    var maximumTotalBytes = 64 << 20
}
