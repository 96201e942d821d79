import Testing

@testable import broadcast_server

@Suite struct ChannelNameTests {
    @Test(arguments: ["", "team", "Team-7", "日本", "a.b:c", String(repeating: "x", count: 64)])
    func `a path of one part names a channel`(text: String) throws {
        let name = try #require(ChannelName(path: "/" + text))
        #expect(name.text == text)
        #expect(name.description == "/" + text)
    }

    @Test(arguments: [("/te%61m", "team"), ("/%E6%97%A5%E6%9C%AC", "日本"), ("/%2ea", ".a"), ("/100%25", "100%")])
    func `the path is decoded`(path: String, text: String) {
        #expect(ChannelName(path: path)?.text == text)
    }

    @Test(arguments: [
        "/%00", "/%2F", "/a%2Fb", "/a%20b", "/%0A", "/%", "/%zz", "/%FF", "/%C3%28", "/%E2%80%AE",
        "/.", "/%2e", "/..", "/%2E%2e", "", "team", "/a/b", "//", "/team/", "/a b", "/a\n", "/a/\u{301}b",
        "/a%20%CC%81b", "/\u{202E}",
        "/" + String(repeating: "x", count: 65),
    ])
    func `other paths name none`(path: String) {
        #expect(ChannelName(path: path) == nil)
    }
}
