import Testing

@testable import broadcast_server

@Suite struct ChannelAddressTests {
    @Test(arguments: [
        ("ws://localhost:8088", "ws://localhost:8088/"), ("WS://LocalHost:8088/", "ws://localhost:8088/"),
        ("ws://a:80/team", "ws://a/team"), ("wss://a:443/team", "wss://a/team"), ("wss://a:80/", "wss://a:80/"),
        ("ws://ann:secret@a/team?name=ann&after=1.7#x", "ws://a/team"), ("ws://[::1]:8088/t", "ws://[::1]:8088/t"),
        ("ws://a/%C3%A9", "ws://a/%C3%A9"), ("ws+unix:///run/chat.sock:/team", "ws+unix:///run/chat.sock:/team"),
    ])
    func `what names server and channel is left, and ways to write it are one`(url: String, address: String) {
        #expect(ChannelAddress(url).description == address)
        #expect(ChannelAddress(address) == ChannelAddress(url))
    }

    @Test func `servers and channels are told apart`() {
        let urls = ["ws://a/", "ws://b/", "ws://a/team", "ws://a/Team", "wss://a/", "ws://a:81/"]
        #expect(Set(urls.map(ChannelAddress.init)).count == urls.count)
    }
}
