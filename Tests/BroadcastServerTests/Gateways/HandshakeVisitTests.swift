import HTTPTypes
import Testing

@testable import broadcast_server

@Suite struct HandshakeVisitTests {
    private static let session = "0f8e2d6b90a14c3fb7d15e6a2c480937"

    private static func visit(_ path: String = "/", _ query: String = "", _ subprotocols: [String]) throws -> Visit {
        try Visit(path: path, query: query, subprotocols: subprotocols)
    }

    @Test func `a client of plain text goes where the path says`() throws {
        let visit = try Self.visit("/team", "name=ann", ["chat"])
        #expect(visit.form == .text)
        #expect(visit.request.channel == ChannelName(path: "/team"))
        #expect(visit.request.name?.text == "ann")
        #expect(visit.request.identity == .none)
        #expect(visit.recall == .nothing)
    }

    @Test func `JSON is spoken with those who offer it, in whatever place`() throws {
        let visit = try Self.visit("/", "", ["x", ChatProtocol.subprotocol])
        #expect(visit.form == .json)
        #expect(visit.request.identity == .session)
    }

    @Test(arguments: [
        (["broadcast.session.\(session)", "*"], true), (["*", "broadcast.session.\(session)"], true),
        (["*", "broadcast.session.\(session.uppercased())"], true),
        (["*", "broadcast.session.\(session.dropLast())"], false), (["*", "broadcast.session."], false),
        (["*", "broadcast.session.\(session)0"], false), (["*", "Broadcast.Session.\(session)"], false),
        (["*", "broadcast.session.-\(session.dropLast())"], false),
        (["*", "broadcast.session.\(session)", "broadcast.session.no"], false),
    ])
    func `a session is offered as a subprotocol, the last one counting`(offers: [String], isTaken: Bool) throws {
        let offers = offers.map { $0 == "*" ? ChatProtocol.subprotocol : $0 }
        let session = try #require(SessionID(Self.session))
        #expect(try Self.visit("/", "", offers).request.identity == (isTaken ? .returning(session) : .session))
    }

    @Test func `a session makes nobody speak JSON`() throws {
        let visit = try Self.visit("/", "", ["broadcast.session.\(Self.session)"])
        #expect(visit.form == .text)
        #expect(visit.request.identity == .none)
    }

    @Test func `paths that name no channel are not found`() {
        #expect(throws: ProblemDetails.noChannel) { try Self.visit("/a/b", "", []) }
    }

    @Test(arguments: [
        ("/%ff", ""), ("/%00", ""), ("/%C3", ""), ("/%", ""), ("/%zz", ""), ("/a\u{FFFD}", ""), ("/", "name=%ff"),
        ("/", "after=%00"), ("/", "x=%C3%28"), ("/", "name=\u{FFFD}"),
    ])
    func `what cannot be read is refused, in whatever language`(path: String, query: String) {
        for offers in [[], [ChatProtocol.subprotocol]] {
            #expect(throws: ProblemDetails.unreadable) { try Self.visit(path, query, offers) }
        }
    }

    @Test func `a percent sign without digits stands for itself in a query`() throws {
        #expect(try Self.visit("/", "name=100%", []).request.name?.text == "100%")
    }

    @Test(arguments: ["name=a:b", "after=1", "after=", "after=x.01", "last=-1", "last=", "last=1e3", "last=1000000000"])
    func `what cannot be taken is refused where it could not be told later`(query: String) throws {
        #expect(
            performing: { try Self.visit("/", query, []) },
            throws: { ($0 as? ProblemDetails)?.status == .badRequest }
        )
        let visit = try Self.visit("/", query, [ChatProtocol.subprotocol])
        if query.hasPrefix("after") {
            #expect(visit.recall == .malformed)
            #expect(visit.problems.isEmpty)
        } else {
            #expect(visit.recall == .nothing)
            #expect(visit.problems.map(\.code) == [query.hasPrefix("name") ? .badName : .badField])
        }
    }

    @Test func `all that is wrong is told`() throws {
        let visit = try Self.visit("/", "name=a:b&last=x", [ChatProtocol.subprotocol])
        #expect(visit.problems.map(\.code) == [.badName, .badField])
    }
}
