/// An address, and perhaps a port, as proxies write them (RFC 7239 section 6): `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`,
/// `[2001:db8::1]`, `"[2001:db8::1]:4711"`. What hides its address, as `unknown` and `_name` do, is none.
struct ForwardedNode: Sendable, Equatable {
    let address: NumericAddress
    /// 0 when it is not told.
    let port: Int

    init?(_ text: Substring) {
        var text = Self.trim(text)
        if text.hasPrefix("\"") {
            guard text.utf8.count >= 2, text.hasSuffix("\"") else { return nil }
            text = text.dropFirst().dropLast()
        }
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<bracket]
            let rest = text[text.index(after: bracket)...]
            guard rest.isEmpty || rest.hasPrefix(":"), host.contains(":") else { return nil }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else if let colon = text.firstIndex(of: ":"), text[text.index(after: colon)...].firstIndex(of: ":") == nil {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard host.utf8.count <= 45, let address = NumericAddress(host) else { return nil }
        self.address = address
        guard let port else {
            self.port = 0
            return
        }
        // A port may hide as well.
        guard port.hasPrefix("_") || 1...5 ~= port.utf8.count else { return nil }
        guard !port.hasPrefix("_") else {
            self.port = 0
            return
        }
        guard port.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let number = UInt16(port) else {
            return nil
        }
        self.port = Int(number)
    }

    private static func trim(_ text: Substring) -> Substring {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let front = text.drop(while: isBlank)
        return front.lastIndex { !isBlank($0) }.map { front[...$0] } ?? ""
    }
}
