/// Where a web page comes from: `scheme://host`, with a port unless it is the scheme's own (RFC 6454 section 6.2).
struct WebOrigin: Hashable, Sendable {
    let scheme: String
    let host: String
    let port: Int

    /// Reads an origin as browsers write it; nil for `null`, and for URLs with a path or a user.
    init?(_ text: String) {
        guard let separator = text.firstRange(of: "://") else { return nil }
        scheme = text[..<separator.lowerBound].lowercased()
        let authority = text[separator.upperBound...]
        // The colons of an IPv6 address stand in brackets.
        let colon = authority.lastIndex(of: ":").flatMap { authority[$0...].contains("]") ? nil : $0 }
        host = authority[..<(colon ?? authority.endIndex)].lowercased()
        guard !scheme.isEmpty, !host.isEmpty, host.utf8.allSatisfy(Self.mayStandInHost) else { return nil }
        if let colon {
            guard let port = Int(authority[authority.index(after: colon)...]), 0...65_535 ~= port else { return nil }
            self.port = port
        } else {
            port = scheme == "https" ? 443 : 80
        }
    }

    private static func mayStandInHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"): true
        default: false
        }
    }
}

extension WebOrigin: CustomStringConvertible {
    /// As browsers write it.
    var description: String {
        port == (scheme == "https" ? 443 : 80) ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(port)"
    }
}
