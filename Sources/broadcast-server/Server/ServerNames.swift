import ArgumentParser

/// A name that clients may reach the server by: of one host, of all in a domain, or any.
enum ServerName: OptionValue, Hashable {
    case any
    /// In small letters, without a port.
    case host(String)
    /// What stands behind the star, the dot included.
    case domain(String)

    static let valueName = "name"
    static let rule = "Use a name or an address without a port, such as chat.example, *.example or [::1], or * for any."

    init?(argument text: String) {
        if text == "*" {
            self = .any
        } else if text.hasPrefix("*."), let host = WebOrigin("http://" + text.dropFirst(2)), host.port == 80 {
            self = .domain("." + host.host)
        } else if let host = WebOrigin("http://" + text), !text.hasSuffix(":80"), host.port == 80 {
            self = .host(host.host)
        } else {
            return nil
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .any: "*"
        case .host(let name): name
        case .domain(let end): "*\(end)"
        }
    }

    func matches(_ host: String) -> Bool {
        switch self {
        case .any: true
        case .host(let name): name == host
        case .domain(let end): host.hasSuffix(end) && host != end
        }
    }
}

/// By which names clients may reach the server, as their `Host` field says.
///
/// A page of any site can have its own name lead to this machine, and is no foreign page then (DNS rebinding): only the name
/// tells it from the server's own.
struct ServerNames: Equatable, Sendable {
    static let all = ServerNames(names: [.any])

    private let names: Set<ServerName>

    private init(names: Set<ServerName>) {
        self.names = names
    }

    /// - Parameters:
    ///   - names: those that were asked for; without any, a server that listens on this machine alone answers to what that is
    ///     called, and any other to everything.
    ///   - host: where it listens.
    init(_ names: [ServerName], listeningAt host: String) {
        guard names.isEmpty else {
            self.init(names: Set(names))
            return
        }
        guard Self.isLoopback(host) else {
            self = .all
            return
        }
        let own = ServerName(argument: host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host)
        self.init(names: Set([.host("localhost"), .host("127.0.0.1"), .host("[::1]"), own].compactMap(\.self)))
    }

    /// Whether nobody from another machine reaches a server that listens there.
    static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        return host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
    }

    /// - Parameter field: the `Host` of a request; nil for none, which no browser leaves out.
    func allow(_ field: String?) -> Bool {
        guard let field, !names.contains(.any) else { return true }
        guard let host = WebOrigin("http://" + field)?.host else { return false }
        return names.contains { $0.matches(host) }
    }
}
