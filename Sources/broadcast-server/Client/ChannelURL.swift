import LWSSwift

/// Where a channel is, as people write it: a URL with one of our schemes, or `host:port/channel`.
///
/// `http` and `https` stand for `ws` and `wss`. An address copied from a browser may name the channel behind a `#`, as older
/// links to the page do.
struct ChannelURL: Hashable, Sendable, CustomStringConvertible {
    private let url: ClientURL

    private init(_ url: ClientURL) {
        self.url = url
    }

    /// - Throws: a failure of wrong usage that quotes the text.
    init(_ text: String) throws(Failure) {
        let scheme = Self.scheme(of: text)
        var address = scheme == nil ? "ws://\(text)" : text
        if scheme?.hasPrefix("http") ?? true, let mark = address.firstIndex(of: "#") {
            let fragment = address[address.index(after: mark)...]
            address = String(address[..<mark])
            // As the page takes it: beneath its own address only.
            if address.hasSuffix("/") { address += fragment.replacing("/", with: "%2F").replacing("?", with: "%3F") }
        }
        do throws(WebSocketError) {
            url = try ClientURL(address)
        } catch {
            throw Failure(.usage, EscapedText.escape(error.message))
        }
    }

    /// Whether a text that might as well be something else is a URL: it begins with one of our schemes, and has no white
    /// space.
    static func isURL(_ text: String) -> Bool {
        guard let scheme = scheme(of: text), ClientURL.schemes.contains(scheme) else { return false }
        return !text.contains(where: \.isWhitespace)
    }

    /// What a text begins with that has a scheme, whichever; a host may be called like one, as in `http:80`.
    private static func scheme(of text: String) -> String? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon].lowercased()
        let isFollowedByPath = scheme.hasSuffix("+unix") || text[text.index(after: colon)...].first == "/"
        return isFollowedByPath && !scheme.contains(where: "/?#[@".contains) ? scheme : nil
    }

    /// The URL in the scheme of WebSockets, to be shown: a token in it is not.
    var description: String {
        guard !tokens.isEmpty else { return target }
        let pairs = url.query.split(separator: "&", omittingEmptySubsequences: false)
        let shown = pairs.map { Self.hasToken($0) ? "\(PresentedToken.parameter)=…" : String($0) }
        return "\(url.with(resource: url.path))?\(shown.joined(separator: "&"))"
    }

    /// The URL to connect to, with everything that is in it.
    var target: String { url.description }

    /// What is not to be shown of it: the tokens in its query, as they stand there.
    var tokens: [String] {
        url.query.split(separator: "&").filter(Self.hasToken).map { String($0[$0.firstIndex(of: "=")!...].dropFirst()) }
    }

    /// Whether the server takes a parameter for a token, or somebody has meant it to.
    private static func hasToken(_ pair: Substring) -> Bool {
        guard let sign = pair.firstIndex(of: "=") else { return false }
        let name = String(pair[..<sign])
        return (PercentEncoding.decode(name) ?? name).lowercased() == PresentedToken.parameter
    }

    /// With further parameters in its query, of which the last counts among those alike.
    func adding(_ parameters: [(name: String, value: String)]) -> ChannelURL {
        guard !parameters.isEmpty else { return self }
        let added = parameters.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
        let query = url.query.isEmpty ? added : "\(url.query)&\(added)"
        return ChannelURL(url.with(resource: "\(url.path)?\(query)"))
    }

    /// What names server and channel: without the query, which changes from one connection to the next. Two ways to write the
    /// same are one (RFC 3986 section 6.2.2).
    var address: ChannelAddress {
        let parts = url.path.split(separator: "/", omittingEmptySubsequences: false).map { part in
            PercentEncoding.decode(String(part)).map(PercentEncoding.encode) ?? String(part)
        }
        let plain = url.with(resource: parts.joined(separator: "/"))
        guard case .tcp = plain.destination else { return ChannelAddress(plain.description) }
        let scheme = plain.isSecure ? "wss" : "ws"
        return ChannelAddress("\(scheme)://\(plain.authority.lowercased())\(plain.resource)")
    }
}
