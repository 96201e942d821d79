internal import HTTPTypes

/// A client's side of one opening handshake (RFC 6455 section 4.1): its request, and which answers it takes. Pure: tested
/// without sockets.
struct ClientHandshake {
    private let target: ClientURL
    private let subprotocols: [String]
    private let offersCompression: Bool
    private let origin: String?
    private let fields: HTTPFields
    private let key: String

    /// The largest request that is sent, which is what servers take at most.
    static let maximumBytes = 32 << 10

    init(
        _ target: ClientURL,
        subprotocols: [String] = [],
        offersCompression: Bool = false,
        origin: String? = nil,
        fields: HTTPFields = [:],
        key: String = HandshakeKey.random()
    ) {
        self.target = target
        self.subprotocols = subprotocols
        self.offersCompression = offersCompression
        self.origin = origin
        self.fields = fields
        self.key = key
    }

    /// The fields that the handshake sets itself, and those that would give the request a body.
    private static let reserved: Set<HTTPField.Name> = [
        HTTPField.Name("Host")!, .upgrade, .connection, .secWebSocketKey, .secWebSocketVersion, .secWebSocketProtocol,
        .secWebSocketExtensions, .secWebSocketAccept, .contentLength, .transferEncoding, .expect, .te, .trailer,
    ]

    /// Why the fields that a user wants to add cannot be sent; nil when they can.
    static func problem(of fields: HTTPFields, origin: String?) -> String? {
        for field in fields {
            if reserved.contains(field.name) {
                return "The field \(field.name.rawName) is the handshake's own."
            }
            if field.name == .origin, origin != nil {
                return "The origin is given twice: as a header field too."
            }
        }
        guard fields.reduce(0, { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count + 4 }) <= maximumBytes / 2 else {
            return "The header fields do not fit: they take more than \(maximumBytes / 2) bytes."
        }
        return nil
    }

    /// The request, as it goes over the wire.
    var request: [UInt8] {
        var text = "GET \(target.resource) HTTP/1.1\r\n"
        func add(_ name: String, _ value: String) { text += "\(name): \(value)\r\n" }
        add("Host", target.authority)
        add("Upgrade", "websocket")
        add("Connection", "Upgrade")
        add("Sec-WebSocket-Key", key)
        add("Sec-WebSocket-Version", "13")
        if !subprotocols.isEmpty { add("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", ")) }
        if offersCompression { add("Sec-WebSocket-Extensions", DeflateNegotiation.offer) }
        if let origin { add("Origin", origin) }
        for field in fields { add(field.name.rawName, field.value) }
        return Array((text + "\r\n").utf8)
    }

    /// What the two sides have agreed on.
    struct Agreement: Equatable {
        var subprotocol: String?
        var compression: NegotiatedCompression?
    }

    /// Checks an answer with status 101.
    func check(_ head: ResponseHead) throws(MalformedResponse) -> Agreement {
        guard head.minorVersion >= 1 else {
            throw MalformedResponse(reason: "it is of HTTP/1.0, which cannot switch protocols")
        }
        guard head.fields[.upgrade]?.lowercased() == "websocket" else {
            throw MalformedResponse(reason: "its Upgrade field is not \"websocket\"")
        }
        let options = FieldSyntax.list((head.fields[.connection] ?? "").utf8)
        guard options.contains(where: { $0.lowercased() == "upgrade" }) else {
            throw MalformedResponse(reason: "its Connection field does not name \"Upgrade\"")
        }
        guard head.fields[.secWebSocketAccept] == HandshakeKey.accept(key) else {
            throw MalformedResponse(reason: "its Sec-WebSocket-Accept field does not belong to the key that was sent")
        }
        return Agreement(subprotocol: try subprotocol(head), compression: try compression(head))
    }

    private func subprotocol(_ head: ResponseHead) throws(MalformedResponse) -> String? {
        guard let chosen = head.fields[.secWebSocketProtocol] else { return nil }
        guard subprotocols.contains(chosen) else {
            throw MalformedResponse(reason: "it chose the subprotocol \"\(chosen)\", which was not offered")
        }
        return chosen
    }

    private func compression(_ head: ResponseHead) throws(MalformedResponse) -> NegotiatedCompression? {
        guard let field = head.fields[.secWebSocketExtensions] else { return nil }
        guard let elements = ExtensionList.parse(field) else {
            throw MalformedResponse(reason: "its Sec-WebSocket-Extensions field is malformed")
        }
        guard offersCompression else {
            throw MalformedResponse(reason: "it chose an extension, and none was offered")
        }
        do throws(DeflateNegotiation.InvalidAnswer) {
            return try DeflateNegotiation.agree(to: elements)
        } catch {
            throw MalformedResponse(reason: error.reason)
        }
    }
}
