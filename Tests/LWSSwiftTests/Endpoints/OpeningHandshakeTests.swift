import HTTPTypes
import Testing

@testable import LWSSwift

@Suite struct OpeningHandshakeTests {
    private static let right = OpeningHandshake(
        method: .get,
        version: "HTTP/1.1",
        host: "localhost",
        upgrade: "websocket",
        connection: "Upgrade",
        webSocketVersion: "13",
        key: "dGhlIHNhbXBsZSBub25jZQ==",
        subprotocols: nil,
        extensions: nil
    )

    private func status(_ change: (inout OpeningHandshake) -> Void) -> Int {
        var handshake = Self.right
        change(&handshake)
        do throws(OpeningHandshake.Refusal) {
            _ = try handshake.validate()
            return 101
        } catch {
            return error.status.code
        }
    }

    @Test func `what is right is accepted`() throws {
        #expect(try Self.right.validate() == OpeningHandshake.Offers())
        #expect(status { $0.upgrade = "WebSocket" } == 101)
        #expect(status { $0.connection = "keep-alive,  upgrade" } == 101)
    }

    @Test func `each fault has its status`() {
        #expect(status { $0.method = .post } == 405)
        #expect(status { $0.method = nil } == 405)
        #expect(status { $0.version = "HTTP/1.0" } == 505)
        for host in [nil, "", "a b", "a\u{1}"] { #expect(status { $0.host = host } == 400) }
        for upgrade in [nil, "", "h2c", "websocket2"] { #expect(status { $0.upgrade = upgrade } == 400) }
        for connection in [nil, "", "close", "upgraded"] { #expect(status { $0.connection = connection } == 400) }
        for version in [nil, "", "12", "013", "13 "] { #expect(status { $0.webSocketVersion = version } == 426) }
    }

    @Test func `a version that is not spoken is answered with the one that is`() {
        var handshake = Self.right
        handshake.webSocketVersion = "8"
        #expect { try handshake.validate() } throws: { error in
            let refusal = error as? OpeningHandshake.Refusal
            return refusal?.headerFields[.secWebSocketVersion] == "13" && refusal?.headerFields[.upgrade] == "websocket"
        }
    }

    @Test func `a key is sixteen bytes in base64, and the bits beyond them are zero`() {
        #expect(OpeningHandshake.isKey("AAAAAAAAAAAAAAAAAAAAAA=="))
        #expect(OpeningHandshake.isKey("+/+/+/+/+/+/+/+/+/+/+w=="))
        for key in [
            "", "AAAAAAAAAAAAAAAAAAAAA===", "AAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAB==",
            "AAAAAAAAAA AAAAAAAAAAA==", "dGhlIHNhbXBsZSBub25jZQ", "-_-_-_-_-_-_-_-_-_-_-w==",
        ] { #expect(!OpeningHandshake.isKey(key), "\(key)") }
    }

    @Test func `subprotocols are tokens, in the client's order`() throws {
        var handshake = Self.right
        handshake.subprotocols = " chat.v2 ,chat.v1+json,\tx "
        #expect(try handshake.validate().subprotocols == ["chat.v2", "chat.v1+json", "x"])
        let wrong = [
            "", ",", "a b", "a/b", "a\"", "ä", String(repeating: "a", count: 64), String(repeating: "a,", count: 64),
        ]
        for subprotocols in wrong { #expect(status { $0.subprotocols = subprotocols } == 400, "\(subprotocols)") }
    }

    @Test func `extensions that are offered are read, and refused when they are malformed or too long for lws`() throws
    {
        var handshake = Self.right
        handshake.extensions = "permessage-deflate; client_max_window_bits, x"
        #expect(try handshake.validate().extensions.map(\.name) == ["permessage-deflate", "x"])
        for extensions in ["", "permessage-deflate;", "a b", String(repeating: "x, ", count: 85)] {
            #expect(status { $0.extensions = extensions } == 400, "\(extensions)")
        }
    }

    @Test func `a field's value has no control characters but the tab`() {
        for byte in UInt8.min..<128 {
            let value = String(UnicodeScalar(byte))
            #expect(OpeningHandshake.isFieldValue(value) == (byte >= 32 && byte != 127 || byte == 9), "\(byte)")
        }
    }
}
