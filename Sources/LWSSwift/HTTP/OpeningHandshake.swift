internal import HTTPTypes

/// The rules for a client's opening handshake (RFC 6455 section 4.2.1). Pure: tested without sockets.
struct OpeningHandshake: Sendable {
    /// What the client offers.
    private(set) var subprotocols: [String] = []
    private(set) var extensions: [ExtensionElement] = []
    /// What it wants to see the digest of.
    let key: ArraySlice<UInt8>

    /// Whether a request asks for a WebSocket connection. One that asks for another protocol is a plain one, as it may be
    /// (RFC 9110 section 7.8).
    static func isAskedFor(by head: RequestHead) -> Bool {
        head.fields.list("upgrade", contains: "websocket")
    }

    /// - Throws: why the handshake is refused.
    init(_ head: RequestHead) throws(HTTPRefusal) {
        guard head.isMethod("GET") else {
            throw HTTPRefusal(
                status: .methodNotAllowed,
                headerFields: [.allow: "GET"],
                body: "A WebSocket handshake is a GET request."
            )
        }
        guard head.isHTTP11 else {
            throw HTTPRefusal(status: .httpVersionNotSupported, body: "A WebSocket handshake needs HTTP/1.1.")
        }
        let fields = head.fields
        guard let host = fields.only("host"), !host.isEmpty else {
            throw .badRequest("The Host field is empty.")
        }
        guard Self.isAskedFor(by: head) else {
            throw .badRequest("The Upgrade field must be \"websocket\".")
        }
        guard fields.list("connection", contains: "upgrade") else {
            throw .badRequest("The Connection field must name \"Upgrade\".")
        }
        guard fields.only("sec-websocket-version")?.elementsEqual("13".utf8) == true else {
            throw HTTPRefusal(
                status: .upgradeRequired,
                headerFields: [.upgrade: "websocket", .secWebSocketVersion: "13"],
                body: "Version 13 of the WebSocket protocol is needed."
            )
        }
        guard let key = fields.only("sec-websocket-key"), Self.isKey(key) else {
            throw .badRequest("The Sec-WebSocket-Key field must be 16 bytes in base64.")
        }
        self.key = key
        // Its bytes would be taken for frames.
        guard try BodyFraming(head, maximumBytes: .max) == .none else {
            throw .badRequest("A WebSocket handshake has no body.")
        }
        if let list = fields.text("sec-websocket-protocol") {
            subprotocols = FieldSyntax.list(list.utf8)
            guard !subprotocols.isEmpty, subprotocols.allSatisfy(FieldSyntax.isToken) else {
                throw .badRequest("The Sec-WebSocket-Protocol field is malformed.")
            }
        }
        if let list = fields.text("sec-websocket-extensions") {
            guard let extensions = ExtensionList.parse(list) else {
                throw .badRequest("The Sec-WebSocket-Extensions field is malformed.")
            }
            self.extensions = extensions
        }
    }

    /// Sixteen bytes in base64 are 22 characters, of which the last carries two bits, and "==".
    static func isKey(_ key: some RandomAccessCollection<UInt8>) -> Bool {
        guard key.count == 24, key.suffix(2).elementsEqual("==".utf8) else { return false }
        let isAlphabet = key.prefix(22).allSatisfy { byte in
            switch Unicode.Scalar(byte) {
            case "A"..."Z", "a"..."z", "0"..."9", "+", "/": true
            default: false
            }
        }
        return isAlphabet && key.dropFirst(21).first.map("AQgw".utf8.contains) == true
    }
}
