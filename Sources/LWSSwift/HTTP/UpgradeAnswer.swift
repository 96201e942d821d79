internal import HTTPTypes

/// The answer that accepts an opening handshake (RFC 6455 section 4.2.2).
enum UpgradeAnswer {
    /// The head as it is sent.
    ///
    /// - Parameters:
    ///   - key: the client's.
    ///   - extensions: the value of the field that accepts extensions; nil for none.
    ///   - fields: further ones. What the handshake itself settles is not taken from them.
    static func bytes(
        key: some Collection<UInt8>,
        subprotocol: String?,
        extensions: String?,
        fields: HTTPFields
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
        append(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        )
        append(HandshakeKey.accept(String(decoding: key, as: UTF8.self)))
        append("\r\n")
        if let subprotocol { append("Sec-WebSocket-Protocol: \(subprotocol)\r\n") }
        if let extensions { append("Sec-WebSocket-Extensions: \(extensions)\r\n") }
        for field in fields where !isSettled(field.name) { append("\(field.name.rawName): \(field.value)\r\n") }
        append("\r\n")
        return bytes
    }

    private static func isSettled(_ name: HTTPField.Name) -> Bool {
        switch name {
        case .upgrade, .connection, .secWebSocketAccept, .secWebSocketProtocol, .secWebSocketExtensions: true
        // There is no body (RFC 9110 section 8.6, RFC 9112 section 6.1).
        case .contentLength, .transferEncoding: true
        default: false
        }
    }
}
