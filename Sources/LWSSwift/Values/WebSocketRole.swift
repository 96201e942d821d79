/// Which end of the connection this is (RFC 6455 section 1.2).
public enum WebSocketRole: Sendable, Hashable {
    case server
    case client
}
