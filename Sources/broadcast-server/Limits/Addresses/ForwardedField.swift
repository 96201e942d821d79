import LWSSwift

/// The field in which proxies say in whose name they come. It is one of them: what a client sends in the other would pass a
/// proxy that does not know it.
enum ForwardedField: String, CaseIterable, Sendable {
    case xForwardedFor = "x-forwarded-for"
    /// RFC 7239.
    case forwarded

    /// How many proxies are followed: more there are in no chain.
    private static let maximumHops = 32

    /// Whose request it is that a peer has sent: the last in the chain whom nobody is trusted to stand for.
    ///
    /// - Parameters:
    ///   - value: of the field, several lines joined by commas; nil for none.
    ///   - port: of the client, where it is told; 0 where it is not.
    /// - Returns: the peer itself when it is not trusted, or does not say.
    func client(of peer: SocketAddress?, _ trusted: AddressNetworks, _ value: String?) -> SocketAddress? {
        guard let value, trusted.contains(peer) else { return peer }
        var client = peer
        var rest = Substring(value)[...]
        for _ in 0..<Self.maximumHops {
            guard let element = Self.takeLast(&rest, isQuoted: self == .forwarded) else { break }
            // From here on nobody knows: who said so is the last that is known.
            guard let node = self == .forwarded ? Self.node(ofElement: element) : ForwardedNode(element) else { break }
            client = SocketAddress(host: node.address.text, port: node.port) ?? client
            guard trusted.contains(node.address) else { break }
        }
        return client
    }

    /// Takes the last element of a list. It is looked for from behind, since what stands in front a client may have written.
    private static func takeLast(_ rest: inout Substring, isQuoted: Bool) -> Substring? {
        guard !rest.isEmpty else { return nil }
        let bytes = rest.utf8
        var index = bytes.endIndex
        var isInside = false
        while index > bytes.startIndex {
            let before = bytes.index(before: index)
            if isQuoted, bytes[before] == UInt8(ascii: "\"") { isInside.toggle() }
            if !isInside, bytes[before] == UInt8(ascii: ",") {
                defer { rest = rest[..<before] }
                return rest[index...]
            }
            index = before
        }
        defer { rest = "" }
        return rest
    }

    /// The node of `for=` in an element such as `for="[2001:db8::1]:4711";proto=https`.
    private static func node(ofElement element: Substring) -> ForwardedNode? {
        for pair in element.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ $0 != " " && $0 != "\t" }).lowercased() == "for" else { continue }
            return ForwardedNode(parts[1])
        }
        return nil
    }
}
