internal import FoundationEssentials
internal import Glibc

/// The proxy that a connection goes through: where it is, and what it is told about the user. Pure, but for the look at
/// the environment.
struct ProxyRoute: Equatable {
    var host: String
    var port: Int
    /// User name and password of the proxy's URL, as the `Proxy-Authorization` field has them; nil for none.
    var authorization: String?

    /// `host:port`, for messages.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The way to `target`; nil for the direct one.
    static func find(
        for target: ClientURL,
        _ proxy: WebSocketClient.Proxy,
        environment: (String) -> String? = Self.environment
    ) throws(WebSocketError) -> ProxyRoute? {
        guard case .tcp(let host, let port) = target.destination else { return nil }
        switch proxy {
        case .none:
            return nil
        case .url(let url):
            return try ProxyRoute(url)
        case .environment:
            // HTTP_PROXY does not count: where a program serves a web server, a client can set it (httpoxy).
            let names = target.isSecure ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
            let set = (names + ["all_proxy", "ALL_PROXY"]).compactMap { name in
                environment(name).map { (name, $0) }
            }
            guard let (name, value) = set.first, !isLoopback(host) else { return nil }
            let exceptions = environment("no_proxy") ?? environment("NO_PROXY") ?? ""
            guard !ProxyExceptions(exceptions).contain(host: host, port: port) else { return nil }
            return try ProxyRoute(value, from: "The proxy in \(name)")
        }
    }

    /// A variable of the environment; nil when it is empty, which is how users switch one off.
    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// What no proxy can reach, since it would look at itself.
    private static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        return name == "localhost" || name.hasSuffix(".localhost") || IPAddress(name)?.isLoopback == true
    }
}

extension ProxyRoute {
    /// Reads `http://user:password@host:port`. `http://` may be missing, and the port, which is 80 then.
    ///
    /// - Parameter source: what the URL is, for errors.
    init(_ url: String, from source: String = "The proxy's URL") throws(WebSocketError) {
        func invalid(_ problem: String) -> WebSocketError {
            // Not the URL itself, which may hold a password.
            WebSocketError(
                .invalidConfiguration,
                "\(source) cannot be used: \(problem). An example is http://proxy.example:3128."
            )
        }
        guard let components = URLText.components(url.contains("://") ? url : "http://\(url)") else {
            throw invalid("it cannot be read")
        }
        guard components.scheme?.lowercased() == "http" else {
            throw invalid("only HTTP proxies are supported, not \(components.scheme ?? "others")")
        }
        guard let name = components.host, !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw invalid("it names no host")
        }
        host = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
        guard !host.isEmpty, !host.contains(where: "[]".contains) else { throw invalid("it names no host") }
        port = components.port ?? 80
        guard (1...65_535).contains(port) else { throw invalid("the port is not between 1 and 65535") }
        if let user = components.user {
            authorization = "Basic " + HandshakeKey.base64(Array("\(user):\(components.password ?? "")".utf8))
        } else {
            authorization = nil
        }
    }
}

/// The destinations that are reached without a proxy, as `no_proxy` lists them: separated by commas or spaces, names with
/// everything beneath them, addresses, networks such as `10.0.0.0/8`, each with a port if it is for that one alone, and `*`
/// for all.
struct ProxyExceptions {
    private let entries: [Substring]

    init(_ list: String) {
        entries = list.split { $0 == "," || $0 == " " || $0 == "\t" }
    }

    func contain(host: String, port: Int) -> Bool {
        let name = Self.bare(host.lowercased()[...])
        let address = IPAddress(String(name))
        return entries.contains { entry in
            if entry == "*" { return true }
            let (pattern, onlyPort) = Self.split(entry)
            guard onlyPort == nil || onlyPort == port else { return false }
            if let address { return IPNetwork(pattern)?.contains(address) == true }
            let suffix = Self.bare(pattern.lowercased()[...])
            return !suffix.isEmpty && (name == suffix || name.hasSuffix(".\(suffix)"))
        }
    }

    /// Without the dots at both ends, which change nothing.
    private static func bare(_ name: Substring) -> Substring {
        var name = name.drop { $0 == "." }
        while name.last == "." { name.removeLast() }
        return name
    }

    /// `[::1]:8080`, `host:8080`, or without a port; the colons of a bare IPv6 address are its own.
    private static func split(_ entry: Substring) -> (pattern: String, port: Int?) {
        if entry.hasPrefix("["), let end = entry.firstIndex(of: "]") {
            let rest = entry[entry.index(after: end)...]
            return (
                String(entry.dropFirst().prefix { $0 != "]" }), rest.hasPrefix(":") ? Int(rest.dropFirst()) ?? 0 : nil
            )
        }
        let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return (String(entry), nil) }
        return (String(parts[0]), Int(parts[1]) ?? 0)
    }
}
