internal import FoundationEssentials

/// A URL that a client can connect to (RFC 6455 section 3), and `ws+unix:` for Unix-domain sockets.
///
/// For events the schemes of HTTP name the same: `http:`, `https:` and `http+unix:`.
struct ClientURL: Equatable {
    /// What the URL is for.
    enum Use {
        case webSocket
        case events
    }

    enum Destination: Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    let destination: Destination
    let isSecure: Bool
    /// Path and query as they stand in the request line.
    let resource: String
    /// The `Host` field: with the port unless it is the scheme's own.
    let authority: String

    private static let webSocketSchemes = ["http": "ws", "https": "wss", "http+unix": "ws+unix"]
    /// What every server should take (RFC 9112 section 3).
    private static let maximumResourceBytes = 8_000
    /// A name of 253 bytes (RFC 1035 section 2.3.4), a port, and brackets.
    private static let maximumAuthorityBytes = 261

    init(_ url: String, for use: Use = .webSocket) throws(WebSocketError) {
        func invalid(_ problem: String) -> WebSocketError {
            let (kind, example) = use == .webSocket ? ("WebSocket", "ws") : ("HTTP", "http")
            return WebSocketError(
                .invalidURL,
                "\"\(url)\" is no \(kind) URL: \(problem). An example is \(example)://localhost:8088/."
            )
        }
        guard let components = URLComponents(string: url), var scheme = components.scheme?.lowercased() else {
            throw invalid("it cannot be read")
        }
        if use == .events { scheme = Self.webSocketSchemes[scheme] ?? scheme }
        guard components.percentEncodedFragment == nil else { throw invalid("it has a fragment (#)") }
        guard components.percentEncodedUser == nil else {
            throw invalid("it has a user name; send an Authorization header field instead")
        }
        let path = components.percentEncodedPath
        let query = components.percentEncodedQuery.map { "?\($0)" } ?? ""
        switch scheme {
        case "ws", "wss":
            guard let host = components.host, !host.isEmpty else { throw invalid("it names no host") }
            guard host.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"/?#@\\<>\"^`{|}".utf8.contains($0) }) else {
                throw invalid("the host has characters that no name may have")
            }
            isSecure = scheme == "wss"
            let standard = isSecure ? 443 : 80
            let port = components.port ?? standard
            guard (1...65_535).contains(port) else { throw invalid("the port is not between 1 and 65535") }
            let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
            guard !bare.isEmpty, !bare.contains(where: "[]".contains) else { throw invalid("it names no host") }
            destination = .tcp(host: bare, port: port)
            let name = bare.contains(":") ? "[\(bare)]" : bare
            authority = port == standard ? name : "\(name):\(port)"
            resource = (path.isEmpty ? "/" : path) + query
        case "ws+unix":
            // The socket's path ends at a colon, behind which the path of the request stands.
            let parts = path.split(separator: ":", maxSplits: 1)
            var socket = URLComponents()
            socket.percentEncodedPath = parts.first.map(String.init) ?? ""
            guard components.host ?? "" == "", !socket.path.isEmpty, !socket.path.utf8.contains(0) else {
                throw invalid("it names no path of a socket")
            }
            guard parts.count < 2 || parts[1].hasPrefix("/") else {
                throw invalid("the path behind the socket's does not begin with a slash")
            }
            isSecure = false
            destination = .unix(path: socket.path)
            authority = "localhost"
            resource = (parts.count > 1 ? String(parts[1]) : "/") + query
        default:
            throw invalid(
                "the scheme must be \(use == .webSocket ? "ws, wss or ws+unix" : "http, https or http+unix")"
            )
        }
        guard resource.utf8.count <= Self.maximumResourceBytes else {
            throw invalid("path and query are longer than \(Self.maximumResourceBytes) bytes")
        }
        guard authority.utf8.count <= Self.maximumAuthorityBytes else {
            throw invalid("the host is longer than \(Self.maximumAuthorityBytes) bytes")
        }
    }

    private init(_ other: ClientURL, resource: String) {
        destination = other.destination
        isSecure = other.isSecure
        authority = other.authority
        self.resource = resource
    }

    /// The same place with another path and query.
    func with(resource: String) -> ClientURL {
        ClientURL(self, resource: resource)
    }

    /// Whether the same server stands behind both: scheme, host and port are the same (RFC 6454 section 4).
    func hasSameOrigin(as other: ClientURL) -> Bool {
        guard isSecure == other.isSecure else { return false }
        switch (destination, other.destination) {
        case (.tcp(let host, let port), .tcp(let otherHost, let otherPort)):
            return host.lowercased() == otherHost.lowercased() && port == otherPort
        case (.unix(let path), .unix(let otherPath)):
            return path == otherPath
        default:
            return false
        }
    }

    /// The same in the scheme of HTTP, which `Location` fields refer to.
    var webURL: String { "\(isSecure ? "https" : "http")://\(authority)\(resource)" }
}
