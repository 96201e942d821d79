internal import FoundationEssentials

/// A URL that a client can connect to (RFC 6455 section 3), and `ws+unix:` for Unix-domain sockets.
struct ClientURL: Equatable {
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

    /// What lws makes room for when it writes the request line and the `Host` field; it would cut what is longer
    /// (client-http.c, `lws_generate_client_handshake`).
    private static let maximumResourceBytes = 2_000
    private static let maximumAuthorityBytes = 119

    init(_ url: String) throws(WebSocketError) {
        func invalid(_ problem: String) -> WebSocketError {
            WebSocketError(
                .invalidURL,
                "\"\(url)\" is no WebSocket URL: \(problem). An example is ws://localhost:8088/."
            )
        }
        guard let components = URLComponents(string: url), let scheme = components.scheme?.lowercased() else {
            throw invalid("it cannot be read")
        }
        guard components.percentEncodedFragment == nil else { throw invalid("it has a fragment (#)") }
        guard components.percentEncodedUser == nil else {
            throw invalid("it has a user name; send an Authorization header field instead")
        }
        let path = components.percentEncodedPath
        let query = components.percentEncodedQuery.map { "?\($0)" } ?? ""
        switch scheme {
        case "ws", "wss":
            guard let host = components.host, !host.isEmpty else { throw invalid("it names no host") }
            isSecure = scheme == "wss"
            let standard = isSecure ? 443 : 80
            let port = components.port ?? standard
            guard (1...65_535).contains(port) else { throw invalid("the port is not between 1 and 65535") }
            let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
            destination = .tcp(host: bare, port: port)
            let name = bare.contains(":") ? "[\(bare)]" : bare
            authority = port == standard ? name : "\(name):\(port)"
            resource = (path.isEmpty ? "/" : path) + query
        case "ws+unix":
            // The socket's path ends at a colon, behind which the path of the request stands.
            let parts = path.split(separator: ":", maxSplits: 1)
            var socket = URLComponents()
            socket.percentEncodedPath = parts.first.map(String.init) ?? ""
            guard components.host ?? "" == "", !socket.path.isEmpty else {
                throw invalid("it names no path of a socket")
            }
            isSecure = false
            destination = .unix(path: socket.path)
            authority = "localhost"
            resource = (parts.count > 1 ? String(parts[1]) : "/") + query
        default:
            throw invalid("the scheme must be ws, wss or ws+unix")
        }
        guard resource.utf8.count <= Self.maximumResourceBytes else {
            throw invalid("path and query are longer than \(Self.maximumResourceBytes) bytes")
        }
        guard authority.utf8.count <= Self.maximumAuthorityBytes else {
            throw invalid("the host is longer than \(Self.maximumAuthorityBytes) bytes")
        }
    }
}
