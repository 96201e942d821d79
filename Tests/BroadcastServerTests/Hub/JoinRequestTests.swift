import Testing

@testable import broadcast_server

@Suite struct JoinRequestTests {
    private static func request(_ query: String, json: Bool = true) throws -> JoinRequest {
        let channel = try #require(ChannelName(path: "/team"))
        return JoinRequest(channel: channel, query: query, newSession: json ? .random() : nil)
    }

    @Test(arguments: [
        ("name=ann", "ann"), ("name=ann+lee", "ann lee"), ("name=ann%20lee", "ann lee"), ("name=a%2Bb", "a+b"),
        ("name=%F0%9F%91%8B", "👋"), ("name=👋", "👋"), ("x=1&name=ann&name=bob", "ann"), ("name=a%26b%3Dc", "a&b=c"),
        ("name=100%25", "100%"), ("name=100%", "100%"), ("name=a=b", "a=b"),
    ])
    func `a name is taken from the query`(query: String, name: String) throws {
        let request = try Self.request(query)
        #expect(request.name?.text == name)
        #expect(request.problem == nil)
    }

    @Test(arguments: ["", "name", "name=", "name=+", "name=%20", "Name=ann", "&&&", "=", "%", "%ff"])
    func `without one the member goes by its id`(query: String) throws {
        let request = try Self.request(query)
        #expect(request.name == nil)
        #expect(request.problem == nil)
    }

    @Test(arguments: ["name=Client+5", "name=%0A", "name=%1B%5B31m", "name=a:b", "name=%00"])
    func `a name that breaks the rules is a problem`(query: String) throws {
        let request = try Self.request(query)
        #expect(request.name == nil)
        #expect(request.problem?.code == .badName)
    }

    @Test func `a session is taken up, or a new one begun`() throws {
        let session = SessionID.random()
        #expect(try Self.request("session=\(session)&name=ann").session == session)
        for query in ["", "session=", "session=7"] {
            let request = try Self.request(query)
            #expect(request.session != nil && request.session != session)
        }
    }

    @Test func `a client of plain text has no session`() throws {
        #expect(try Self.request("session=\(SessionID.random())", json: false).session == nil)
    }
}
