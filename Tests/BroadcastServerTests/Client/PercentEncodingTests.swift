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
}
