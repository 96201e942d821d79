import Testing

@testable import broadcast_server

@Suite struct SecretKeyTests {
    @Test func `the code is that of RFC 4231`() {
        // Test case 2 of section 4.
        let key = SecretKey(Array("Jefe".utf8))
        let message = Array("what do ya want for nothing?".utf8)
        let hex = key.code(of: message, .sha256).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(key.code(of: message, .sha384).count == 48)
        #expect(key.code(of: message, .sha512).count == 64)
    }

    @Test func `only its own code authenticates a message`() {
        let key = SecretKey(Array("a secret".utf8))
        var code = key.code(of: [1, 2, 3], .sha256)
        #expect(key.authenticates([1, 2, 3], code: code, .sha256))
        #expect(!key.authenticates([1, 2], code: code, .sha256))
        #expect(!key.authenticates([1, 2, 3], code: code, .sha512))
        #expect(!key.authenticates([1, 2, 3], code: Array(code.dropLast()), .sha256))
        #expect(!key.authenticates([1, 2, 3], code: [], .sha256))
        code[31] ^= 1
        #expect(!key.authenticates([1, 2, 3], code: code, .sha256))
    }
}
