/// An HTTP/1.1 request, right or wrong, as the lines it is made of.
public struct RawRequest: Sendable {
    public var method = "GET"
    public var path: String
    public var version = "HTTP/1.1"
    public var fields: [String]

    /// The key of RFC 6455 section 1.3, and the answer that goes with it.
    public static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    public static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    /// What an opening handshake must have (RFC 6455 section 4.1).
    public static let requiredFields = [
        "Host: localhost", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: \(key)",
        "Sec-WebSocket-Version: 13",
    ]

    public init(
        method: String = "GET",
        path: String = "/",
        version: String = "HTTP/1.1",
        fields: [String] = requiredFields
    ) {
        self.method = method
        self.path = path
        self.version = version
        self.fields = fields
    }

    public var bytes: [UInt8] {
        Array("\(([("\(method) \(path) \(version)")] + fields).joined(separator: "\r\n"))\r\n\r\n".utf8)
    }
}
