internal import FoundationEssentials

/// A URL that a client can connect to (RFC 6455 section 3), and `ws+unix:` for Unix-domain sockets.
///
/// The schemes of HTTP name the same: `http:`, `https:` and `http+unix:`.
package struct ClientURL: Hashable, Sendable, CustomStringConvertible {
    package enum Destination: Hashable, Sendable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    package let destination: Destination
    package let isSecure: Bool
    /// Path and query as they stand in the request line.
    package let resource: String
    /// The `Host` field: with the port unless it is the scheme's own.
    package let authority: String

    /// What URLs begin with that name something to connect to.
    package static let schemes = ["ws", "wss", "ws+unix", "http", "https", "http+unix"]
    /// What every server should take (RFC 9112 section 3).
    private static let maximumResourceBytes = 8_000
    /// A name of 253 bytes (RFC 1035 section 2.3.4), a port, and brackets.
    private static let maximumAuthorityBytes = 261

    package init(_ url: String) throws(WebSocketError) {
        func invalid(_ problem: String) -> WebSocketError {
            WebSocketError(
                .invalidURL,
                "\"\(URLText.withoutQuery(url))\" is no URL to connect to: \(problem). An example is ws://localhost:8088/."
            )
        }
        guard URLText.encoded(url) != nil else {
            throw invalid("it has a control character, or a percent sign without two digits, which is written %25")
        }
        guard let components = URLText.components(url), let scheme = components.scheme?.lowercased() else {
            throw invalid("it cannot be read")
        }
        guard components.percentEncodedFragment == nil else { throw invalid("it has a fragment (#)") }
        guard components.percentEncodedUser == nil else {
            throw invalid("it has a user name; send an Authorization header field instead")
        }
        let path = components.percentEncodedPath
        let query = components.percentEncodedQuery.map { "?\($0)" } ?? ""
        switch scheme {
        case "ws", "wss", "http", "https":
            guard let host = components.host, !host.isEmpty else { throw invalid("it names no host") }
            guard host.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"/?#@\\<>\"^`{|}".utf8.contains($0) }) else {
                throw invalid("the host has characters that no name may have")
            }
            isSecure = scheme == "wss" || scheme == "https"
            let standard = isSecure ? 443 : 80
            let port = components.port ?? standard
            guard (1...65_535).contains(port) else { throw invalid("the port is not between 1 and 65535") }
            let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
            guard !bare.isEmpty, !bare.contains(where: "[]".contains) else { throw invalid("it names no host") }
            destination = .tcp(host: bare, port: port)
            let name = bare.contains(":") ? "[\(bare)]" : bare
            authority = port == standard ? name : "\(name):\(port)"
            resource = (path.isEmpty ? "/" : path) + query
        case "ws+unix", "http+unix":
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
            throw invalid("the scheme must be one of \(Self.schemes.joined(separator: ", "))")
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

    /// The path as it was written.
    package var path: String { String(resource.prefix { $0 != "?" }) }
    /// The query as it was written, without the question mark; empty when there is none.
    package var query: String { String(resource.dropFirst(path.count + 1)) }

    /// The same place with another path and query.
    package func with(resource: String) -> ClientURL {
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

    /// The URL, in one of the ways to write it.
    package var description: String {
        switch destination {
        case .tcp: "\(isSecure ? "wss" : "ws")://\(authority)\(resource)"
        case .unix(let path): "ws+unix://\(Self.encoded(socketPath: path)):\(resource)"
        }
    }

    /// The colon that ends it is none of it.
    private static func encoded(socketPath path: String) -> String {
        var components = URLComponents()
        components.path = path
        return components.percentEncodedPath.replacing(":", with: "%3A")
    }

    /// The same in the scheme of HTTP, which `Location` fields refer to.
    var webURL: String { "\(isSecure ? "https" : "http")://\(authority)\(resource)" }
}
