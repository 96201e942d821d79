internal import HTTPTypes

/// The rules for a client's opening handshake (RFC 6455 section 4.2.1), most of which lws does not check. Pure: tested
/// without sockets.
struct OpeningHandshake {
    var method: HTTPRequest.Method?
    var version: String
    var host: String?
    var upgrade: String?
    var connection: String?
    var webSocketVersion: String?
    var key: String?
    var subprotocols: String?
    var extensions: String?

    /// Why a handshake is refused: the HTTP answer.
    struct Refusal: Error, Equatable {
        var status: HTTPResponse.Status
        var headerFields: HTTPFields = [:]
        var body: String
    }

    /// What a client offers.
    struct Offers: Equatable {
        var subprotocols: [String] = []
        var extensions: [ExtensionElement] = []
    }

    /// What is offered, or why the handshake is refused.
    func validate() throws(Refusal) -> Offers {
        guard method == .get else {
            throw Refusal(
                status: .methodNotAllowed,
                headerFields: [.allow: "GET"],
                body: "A WebSocket handshake is a GET request."
            )
        }
        guard version == "HTTP/1.1" else {
            throw Refusal(status: .httpVersionNotSupported, body: "A WebSocket handshake needs HTTP/1.1.")
        }
        guard let host, !host.isEmpty, Self.isFieldValue(host), !host.contains(" ") else {
            throw Self.badRequest("The Host field is missing or malformed.")
        }
        guard let upgrade, upgrade.lowercased() == "websocket" else {
            throw Self.badRequest("The Upgrade field must be \"websocket\".")
        }
        guard let connection, Self.tokens(connection).contains(where: { $0.lowercased() == "upgrade" }) else {
            throw Self.badRequest("The Connection field must name \"Upgrade\".")
        }
        guard webSocketVersion == "13" else {
            throw Refusal(
                status: .upgradeRequired,
                headerFields: [.upgrade: "websocket", .secWebSocketVersion: "13"],
                body: "Version 13 of the WebSocket protocol is needed."
            )
        }
        guard let key, Self.isKey(key) else {
            throw Self.badRequest("The Sec-WebSocket-Key field must be 16 bytes in base64.")
        }
        return Offers(subprotocols: try offeredSubprotocols(), extensions: try offeredExtensions())
    }

    private func offeredSubprotocols() throws(Refusal) -> [String] {
        guard let subprotocols else { return [] }
        let offered = Self.tokens(subprotocols)
        // lws takes a list of at most 126 bytes, of names that fit its buffer.
        guard subprotocols.utf8.count <= 126, !offered.isEmpty,
            offered.allSatisfy({ Self.isToken($0) && $0.utf8.count <= SubprotocolName.maximumBytes })
        else {
            throw Self.badRequest("The Sec-WebSocket-Protocol field is malformed or too long.")
        }
        return offered
    }

    private func offeredExtensions() throws(Refusal) -> [ExtensionElement] {
        guard let extensions else { return [] }
        // lws would drop the connection at some fields that are too long for it, and send a broken answer to others.
        guard let offered = ExtensionList.parse(extensions), ExtensionMention(in: extensions) != nil else {
            throw Self.badRequest("The Sec-WebSocket-Extensions field is malformed or too long.")
        }
        return offered
    }

    private static func badRequest(_ body: String) -> Refusal {
        Refusal(status: .badRequest, body: body)
    }

    /// Sixteen bytes in base64 are 22 characters, of which the last carries two bits, and "==".
    static func isKey(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        guard bytes.count == 24, bytes[22] == UInt8(ascii: "="), bytes[23] == UInt8(ascii: "=") else { return false }
        let isAlphabet = bytes.prefix(22).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        return isAlphabet && "AQgw".utf8.contains(bytes[21])
    }

    /// The members of a comma-separated list (RFC 9110 section 5.6.1), without white space.
    static func tokens(_ list: String) -> [String] {
        list.split(separator: ",").map { $0.trimming(while: { $0 == " " || $0 == "\t" }) }.filter { !$0.isEmpty }
    }

    /// Whether a name is a token as RFC 9110 section 5.6.2 has it.
    static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// Whether a value has no control characters (RFC 9110 section 5.5).
    static func isFieldValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}

extension Substring {
    fileprivate func trimming(while predicate: (Character) -> Bool) -> String {
        var rest = drop(while: predicate)
        while let last = rest.last, predicate(last) { rest.removeLast() }
        return String(rest)
    }
}
