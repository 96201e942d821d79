import Testing

@testable import broadcast_server

@Suite struct ChannelNameTests {
    @Test(arguments: ["", "team", "Team-7", "日本", "a.b:c", String(repeating: "x", count: 64)])
    func `a path of one part names a channel`(text: String) throws {
        let name = try #require(ChannelName(path: "/" + text))
        #expect(name.text == text)
        #expect(name.description == "/" + text)
    }

    @Test(arguments: [
        "", "team", "/a/b", "//", "/team/", "/a b", "/a\n", "/\u{202E}", "/" + String(repeating: "x", count: 65),
    ])
    func `other paths name none`(path: String) {
        #expect(ChannelName(path: path) == nil)
    }
}
