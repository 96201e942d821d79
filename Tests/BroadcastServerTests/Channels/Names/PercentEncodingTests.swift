import Testing

@testable import broadcast_server

@Suite struct PercentEncodingTests {
    @Test(arguments: [
        ("ann", "ann"), ("a-b.c_d~9", "a-b.c_d~9"), ("a b", "a%20b"), ("a+b&c=d", "a%2Bb%26c%3Dd"), ("é", "%C3%A9"),
        ("\u{7}", "%07"), ("", ""),
    ])
    func `everything but unreserved characters is encoded`(text: String, encoded: String) {
        #expect(PercentEncoding.encode(text) == encoded)
    }

    @Test(arguments: ["ann", "a%20b", "%C3%A9", "%c3%a9", "/%2F", "", "%00", "100%25"])
    func `what was encoded comes back`(encoded: String) throws {
        let text = try #require(PercentEncoding.decode(encoded))
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
        #expect(!encoded.contains("%") || text != encoded)
    }

    @Test(arguments: ["%", "%2", "a%", "%zz", "%+1", "%FF", "%C3", "%C3%28", "%ED%A0%80"])
    func `what is not encoded rightly is no text`(encoded: String) {
        #expect(PercentEncoding.decode(encoded) == nil)
    }
}
