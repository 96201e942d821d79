import FoundationEssentials

/// A server and a channel on it, as a URL without what changes from one connection to the next: user, password, query. Two
/// ways to write the same are one.
struct ChannelAddress: Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ url: String) {
        guard var parts = URLComponents(string: url) else {
            description = url
            return
        }
        parts.scheme = parts.scheme?.lowercased()
        parts.host = parts.host?.lowercased()
        (parts.user, parts.password, parts.query, parts.fragment) = (nil, nil, nil, nil)
        if parts.port == Self.defaultPorts[parts.scheme ?? ""] { parts.port = nil }
        if parts.path.isEmpty { parts.path = "/" }
        description = parts.string ?? url
    }

    /// RFC 6455 section 3.
    private static let defaultPorts = ["ws": 80, "wss": 443]
}
