import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct ChannelURLTests {
    @Test(arguments: [
        ("ws://localhost:8088", "ws://localhost:8088/"), ("localhost:8088", "ws://localhost:8088/"),
        ("localhost", "ws://localhost/"), ("chat.example/team", "ws://chat.example/team"), ("http:80", "ws://http/"),
        ("[::1]:8088/t", "ws://[::1]:8088/t"), ("http://host/team", "ws://host/team"),
        ("https://host/team?x=1", "wss://host/team?x=1"), ("http://host/#team", "ws://host/team"),
        ("host:8088/#team", "ws://host:8088/team"), ("https://host/chat/#%C3%A9", "wss://host/chat/%C3%A9"),
        ("http://host/#a/b?c", "ws://host/a%2Fb%3Fc"), ("http://host/team#x", "ws://host/team"),
        ("http://host/#", "ws://host/"), ("ws://h/ü%20b", "ws://h/%C3%BC%20b"),
        ("ws+unix:/run/chat.sock:/team", "ws+unix:///run/chat.sock:/team"),
        ("http+unix:///run/a%3Ab", "ws+unix:///run/a%3Ab:/"),
    ])
    func `a URL, a host, or the address of the page tell where a channel is`(text: String, url: String) throws {
        #expect(try ChannelURL(text).description == url)
    }

    @Test(arguments: [
        "ftp://host", "ws://host/#team", "ws+unix:///a#team", "localhost:x", "", "/team", ":8088", "ws:/team",
        "localhost://a", "http://ann:secret@host/", "ws://h/100%",
    ])
    func `anything else is refused`(text: String) {
        #expect { try ChannelURL(text) } throws: { ($0 as? Failure)?.code == .usage }
    }

    @Test func `parameters are added to those that there are`() throws {
        let parameters = [(name: "name", value: "a&b"), (name: "last", value: "5")]
        #expect(try ChannelURL("ws://a/t").adding(parameters).description == "ws://a/t?name=a%26b&last=5")
        #expect(try ChannelURL("ws://a/t?x=%20").adding(parameters).description == "ws://a/t?x=%20&name=a%26b&last=5")
        #expect(try ChannelURL("ws://a?").adding(parameters).description == "ws://a/?name=a%26b&last=5")
        #expect(try ChannelURL("ws+unix:/a").adding(parameters).description == "ws+unix:///a:/?name=a%26b&last=5")
        #expect(try ChannelURL("ws://a/t?x").adding([]).description == "ws://a/t?x")
    }

    @Test(arguments: [
        ("ws://a/t?token=s3cret", "ws://a/t?token=…"), ("https://a/t?x=1&token=s3cret&y", "wss://a/t?x=1&token=…&y"),
        ("a/t?%74oken=s3cret&token=s3cret", "ws://a/t?token=…&token=…"), ("ws://a/?token=", "ws://a/?token=…"),
        ("ws://a/t?TOKEN=s3cret", "ws://a/t?token=…"),
        ("ws+unix:/a:/t?token=s3%2Fcret", "ws+unix:///a:/t?token=…"), ("ws://a/t?tokens=1", "ws://a/t?tokens=1"),
    ])
    func `a token is used, and not shown`(text: String, shown: String) throws {
        let url = try ChannelURL(text)
        #expect(url.description == shown)
        #expect(url.adding([(name: "last", value: "1")]).description == "\(shown)&last=1")
        #expect(url.target.contains("s3") == text.contains("s3"))
        #expect(url.tokens.allSatisfy { text.contains($0) } && url.tokens.isEmpty == (shown == url.target))
        #expect(
            Failure(WebSocketError(.timedOut, "No."), connectingTo: url).message
                == "Cannot connect to \(shown): No. Check the URL and the network."
        )
    }

    @Test(arguments: ["ftp://a/?token=s3cret", "ws://a/?token=s3cret%", "ws://a:0/?token=s3cret"])
    func `a URL that cannot be used is shown without what may be secret`(text: String) {
        #expect { try ChannelURL(text) } throws: {
            ($0 as? Failure).map { !$0.message.contains("s3cret") && $0.message.contains("?…") } ?? false
        }
    }

    @Test(arguments: [
        ("ws://localhost:8088", "ws://localhost:8088/"), ("WS://LocalHost:8088/", "ws://localhost:8088/"),
        ("ws://a:80/team", "ws://a/team"), ("wss://a:443/team", "wss://a/team"), ("wss://a:80/", "wss://a:80/"),
        ("http://a/team?name=ann&after=1.7#x", "ws://a/team"), ("ws://[::1]:8088/t", "ws://[::1]:8088/t"),
        ("ws://a/%C3%A9", "ws://a/%C3%A9"), ("ws://a/é", "ws://a/%C3%A9"), ("ws://a/%7et%c3%a9", "ws://a/~t%C3%A9"),
        ("ws+unix:/run/Chat.sock:/team", "ws+unix:///run/Chat.sock:/team"),
    ])
    func `what names server and channel is one for all ways to write it`(url: String, address: String) throws {
        #expect(try ChannelURL(url).address.description == address)
        #expect(try ChannelURL(address).address == ChannelURL(url).address)
    }

    @Test func `servers and channels are told apart`() throws {
        let urls = ["ws://a/", "ws://b/", "ws://a/team", "ws://a/Team", "wss://a/", "ws://a:81/"]
        #expect(Set(try urls.map { try ChannelURL($0).address }).count == urls.count)
    }
}
