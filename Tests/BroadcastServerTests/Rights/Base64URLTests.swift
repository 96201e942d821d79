import Testing

@testable import broadcast_server

@Suite struct Base64URLTests {
    // RFC 4648 section 10, without padding; then what differs from plain base64.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func `bytes and text stand for each other`(text: String, encoded: String) {
        #expect(Base64URL.encode(text.utf8) == encoded)
        #expect(Base64URL.decode(encoded.utf8) == Array(text.utf8))
    }

    @Test func `two characters are those of URLs`() {
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
        #expect(Base64URL.decode("-_8".utf8) == [0xFB, 0xFF])
    }

    @Test func `every byte comes back, at every length`() {
        let bytes = (0...255).map { UInt8($0) }
        for count in 0...bytes.count {
            let some = Array(bytes.suffix(count))
            #expect(Base64URL.decode(Base64URL.encode(some).utf8) == some)
        }
    }

    @Test(arguments: [
        "Z", "A", "AAAAA", "Zm9vY", "Zg==", "Zh", "Zm9", "+_8", "-/8", "Zm 8", "Zm8\n", "Zm8é", "Zg.", "\0",
    ])
    func `other texts stand for nothing`(text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }
}
