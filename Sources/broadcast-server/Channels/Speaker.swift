import LWSSwift

/// Who said something, as the log calls it.
enum Speaker: Sendable {
    case member(ClientID)
    /// No member, who has a name of its own choice, and so is told by its address, too.
    case publisher(name: String, address: SocketAddress?)
}
