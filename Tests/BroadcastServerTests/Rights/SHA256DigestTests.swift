import Testing

@testable import broadcast_server

@Suite struct SHA256DigestTests {
    // FIPS 180-4's own examples.
    static let known = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]

    @Test(arguments: known)
    func `it is what others make of the same bytes`(text: String, hex: String) {
        #expect(SHA256Digest(of: text.utf8).hex == hex)
    }

    @Test(arguments: known)
    func `its digits are read, in small letters and capitals`(text: String, hex: String) {
        #expect(SHA256Digest(hex: hex) == SHA256Digest(of: text.utf8))
        #expect(SHA256Digest(hex: hex.uppercased()) == SHA256Digest(of: text.utf8))
    }

    @Test(arguments: [
        "", "ab", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
        String(repeating: "0", count: 63) + "g", String(repeating: "0", count: 63) + "٣",
        " " + String(repeating: "0", count: 63),
    ])
    func `other texts are none`(text: String) {
        #expect(SHA256Digest(hex: text) == nil)
    }
}
