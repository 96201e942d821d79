internal import CLibWebSockets

/// The key of an opening handshake and its answer (RFC 6455 sections 4.1 and 4.2.2), which show that both sides speak
/// WebSocket; neither is a secret.
enum HandshakeKey {
    /// A new key: 16 bytes in base64.
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return base64((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    /// What a server answers to a key, in `Sec-WebSocket-Accept`.
    static func accept(_ key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        unsafe SHA1(text, text.count, &digest)
        return base64(digest)
    }

    static func base64(_ bytes: [UInt8]) -> String {
        // Four characters for each three bytes, and a zero behind them.
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = unsafe EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
        return String(decoding: text.prefix(Int(count)), as: UTF8.self)
    }
}
