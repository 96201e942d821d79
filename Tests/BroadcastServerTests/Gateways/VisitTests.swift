import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct VisitTests {
    private static func visit(_ query: String, _ form: MemberForm = .json) -> Visit {
        Visit(JoinRequest(channel: .default, identity: .session), form: form, query: query)
    }

    @Test(arguments: [
        ("name=ann", "ann"), ("name=ann+lee", "ann lee"), ("name=ann%20lee", "ann lee"), ("name=a%2Bb", "a+b"),
        ("name=%F0%9F%91%8B", "👋"), ("name=👋", "👋"), ("x=1&name=ann&name=bob", "bob"), ("name=a%26b%3Dc", "a&b=c"),
        ("name=100%25", "100%"), ("name=100%", "100%"), ("name=a=b", "a=b"), ("name=100%+a%20%zz%20b", "100% a %zz b"),
    ])
    func `a name is taken from the query`(query: String, name: String) {
        let visit = Self.visit(query)
        #expect(visit.request.name?.text == name)
        #expect(visit.problems.isEmpty)
    }

    @Test(arguments: ["name=%FF", "name=a%C3", "name=%E2%A0%80", "name=%EF%BF%BD"])
    func `a name that cannot be read, or seen, is a problem`(query: String) {
        for form in [MemberForm.json, .text] {
            let visit = Self.visit(query, form)
            #expect(visit.request.name == nil)
            #expect(visit.problems.map(\.code) == [.badName])
        }
    }

    @Test(arguments: ["", "name", "name=", "name=+", "name=%20", "Name=ann", "&&&", "=", "%", "%ff", "session=x"])
    func `without one the member goes by its id`(query: String) {
        let visit = Self.visit(query)
        #expect(visit.request.name == nil)
        #expect(visit.problems.isEmpty)
        #expect(visit.recall == .nothing)
    }

    @Test func `what is missed is asked for by a position`() throws {
        let position = try #require(BroadcastGroup.Position("k3f9.1042"))
        for query in [
            "after=k3f9.1042", "after=k3f9%2E1042&name=ann", "after=x&after=k3f9.1042", "last=5&after=k3f9.1042",
        ] {
            let visit = Self.visit(query)
            #expect(visit.recall == .after(position))
            #expect(visit.position == "k3f9.1042")
        }
    }

    @Test(arguments: [
        ("last=0", Recall.last(0)), ("last=5", .last(5)), ("last=7&last=050", .last(50)),
        ("last=999999999", .last(999_999_999)),
    ])
    func `the latest are asked for by their number`(query: String, recall: Recall) {
        #expect(Self.visit(query).recall == recall)
        #expect(Self.visit(query, .text).recall == recall)
    }

    private static func listening(_ query: String, lastEventID: String? = nil) -> Visit {
        Visit(
            JoinRequest(channel: .default, identity: .none),
            form: .textEvents,
            query: query,
            lastEventID: lastEventID
        )
    }

    @Test func `where an event stream has come to is not what its URL said at first`() throws {
        let position = try #require(BroadcastGroup.Position("k3f9.1042"))
        let after = Recall.after(position)
        #expect(Self.listening("after=k3f9.1042").recall == after)
        #expect(Self.listening("after=k3f9.7", lastEventID: "k3f9.1042").recall == after)
        #expect(Self.listening("lastEventId=k3f9.7", lastEventID: "k3f9.1042").recall == after)
        #expect(Self.listening("after=k3f9.7&lastEventId=k3f9.1042").recall == after)
        #expect(Self.listening("last=5", lastEventID: "k3f9.1042").recall == after)
        #expect(Self.listening("last=5", lastEventID: "").recall == .last(5))
        #expect(Self.listening("lastEventId=k3f9.1042", lastEventID: "").recall == after)
        #expect(Self.listening("after=k3f9.1042", lastEventID: "x").recall == .malformed)
        #expect(Self.visit("after=k3f9.1042&lastEventId=k3f9.7").recall == after)
    }

    @Test(arguments: [
        ("", MemberForm.textEvents, 0), ("form=text", .textEvents, 0), ("form=json", .jsonEvents, 0),
        ("form=xml", .textEvents, 1), ("last=x", .textEvents, 1), ("name=a:b&form=json", .jsonEvents, 1),
        ("after=x", .textEvents, 0),
    ])
    func `the form of events stands in the query`(query: String, form: MemberForm, problems: Int) {
        let visit = Self.listening(query)
        #expect(visit.form == form)
        #expect(visit.problems.count == problems)
        #expect(Self.visit(query).form == .json)
    }
}
