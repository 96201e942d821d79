/// What a path names.
enum HTTPResource: Equatable {
    case channel(ChannelName)
    /// A file of the page, by its name below `/-/`.
    case file(String)
    /// `/healthz`.
    case health
    /// `/livez` and `/readyz`.
    case liveness
    case readiness
    /// `/metrics`.
    case metrics
    /// `/robots.txt`.
    case robots
    /// Whether a handshake would be accepted: `/-/admission`.
    case admission
    /// The server as a whole: `*`, for OPTIONS.
    case server
    case nothing
    /// One that names a channel, but for the rules of their names.
    case badChannel

    /// - Parameter path: as it was sent, percent-encoded.
    init(path: String) {
        guard path != "*" else {
            self = .server
            return
        }
        // A whole URL may have no path.
        if let channel = ChannelName(path: path.isEmpty ? "/" : path) {
            self = .channel(channel)
            return
        }
        switch PercentEncoding.decode(path) {
        case "/healthz": self = .health
        case "/livez": self = .liveness
        case "/readyz": self = .readiness
        case "/metrics": self = .metrics
        case "/robots.txt": self = .robots
        case "/favicon.ico": self = .file("icon.svg")
        case "/-/admission": self = .admission
        case let path? where path.hasPrefix("/-/"): self = .file(String(path.dropFirst(3)))
        case let path? where ChannelName.reserved.contains(String(path.dropFirst())): self = .nothing
        default: self = .badChannel
        }
    }

    /// Whether who looks after the server asks for it.
    var isOfHealth: Bool { [.health, .liveness, .readiness].contains(self) }
}
