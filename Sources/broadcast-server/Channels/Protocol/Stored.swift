/// Where a message is kept: what the end of the server, or of the machine, leaves of it.
enum Stored: String, Sendable, Equatable {
    /// In the memory of the server: gone with it, unless it had the time to write it down.
    case memory
    /// In the state directory, committed: there after the end of the server at any moment.
    case disk
    /// In the log of the cluster: there after the end of any node.
    case cluster
}
