import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct ConnectionsRequestTests {
    @Test func `what is not asked for is what everybody gets`() throws {
        let request = try ConnectionsRequest(query: "")
        #expect(request.query == ConnectionQuery() && !request.isClosed)
        #expect(request.query.limit == 10_000 && request.query.filter.isEmpty)
    }

    @Test func `everything may be asked for at once`() throws {
        let query = "closed&id=7&channel=team%201&subject=ann&address=10.0.0.0/8&limit=5&sort=backlog"
        #expect(throws: Problem.self) { try ConnectionsRequest(query: query) }
        let request = try ConnectionsRequest(query: query.replacing("%201", with: ""))
        #expect(request.isClosed && request.query.limit == 5 && request.query.order == .backlog)
        let filter = request.query.filter
        #expect(filter.id == ClientID(number: 7) && filter.channel?.text == "team" && filter.subject == "ann")
    }

    @Test(arguments: [
        "id=x", "id=-1", "id=", "channel=a/b", "channel=healthz", "address=x", "address=", "address=10.0.0.0/33",
        "limit=0", "limit=100001", "limit=", "sort=", "sort=Backlog",
    ])
    func `what nobody can have meant is told`(query: String) {
        #expect(throws: Problem.self) { try ConnectionsRequest(query: query) }
    }

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7", 4000, true), ("192.0.2.7", "192.0.2.8", 4000, false),
        ("192.0.2.0/24", "192.0.2.8", 1, true), ("192.0.2.7:4000", "192.0.2.7", 4000, true),
        ("192.0.2.7:4000", "192.0.2.7", 4001, false), ("2001:db8::/32", "2001:db8::1", 5, true),
        ("[2001:db8::1]:5", "2001:db8::1", 5, true), ("unix", "192.0.2.7", 1, false),
    ])
    func `addresses are meant alone, with their port, or by network`(
        text: String,
        host: String,
        port: Int,
        matches: Bool
    )
        throws
    {
        let filter = try #require(AddressFilter(text))
        #expect(filter.matches(SocketAddress(host: host, port: port)) == matches)
        #expect(!filter.matches(nil))
    }

    @Test func `a filter means who is all that it says`() throws {
        let team = try #require(ChannelName(checking: "team"))
        let filter = try ConnectionFilter(id: "3", channel: "team", subject: "ann", address: nil)
        #expect(filter.matches(ClientID(number: 3), team, "ann", nil))
        #expect(!filter.matches(ClientID(number: 4), team, "ann", nil))
        #expect(!filter.matches(ClientID(number: 3), .default, "ann", nil))
        #expect(!filter.matches(ClientID(number: 3), team, nil, nil))
    }
}
