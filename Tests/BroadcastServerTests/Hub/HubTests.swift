import Testing

@testable import broadcast_server

@Suite struct HubTests {
    private typealias Arrival = Hub<String>.Arrival
    private var hub = Hub<String>()
    private let now = ContinuousClock.now

    /// Takes in a member; its channel is represented by the path.
    private mutating func join(
        _ path: String = "/",
        name: String? = nil,
        session: SessionID = .random()
    ) throws -> Arrival {
        var request = JoinRequest(channel: try #require(ChannelName(path: path)), session: session)
        request.name = try name.map { try MemberName($0) }
        return try hub.join(request, now: now) { path }
    }

    private mutating func rename(_ id: ClientID, _ name: String?) throws -> Renaming? {
        try hub.rename(id, to: try name.map { try MemberName($0) })
    }

    // MARK: Coming and going

    @Test mutating func `ids are counted from 1 and never used again`() throws {
        let first = try join("/a").member.id
        _ = hub.leave(first, now: now)
        #expect(first.number == 1)
        #expect(try join("/b").member.id.number == 2)
        #expect(try join("/a").member.id.number == 3)
    }

    @Test mutating func `a new member learns who is there, in order of the ids`() throws {
        for _ in 1...9 { _ = try join() }
        let arrival = try join("/", name: "ann")
        #expect(arrival.welcome?.members?.map(\.id.number) == Array(1...10))
        #expect(arrival.welcome?.members?.last == Member(id: arrival.member.id, name: "ann"))
        #expect(arrival.welcome?.count == 10)
        #expect(
            arrival.announcement == .joined(Presence(member: Member(id: arrival.member.id, name: "ann"), count: 10))
        )
    }

    @Test mutating func `channels know nothing of each other`() throws {
        let first = try join("/", name: "ann")
        let second = try join("/team", name: "ann")
        #expect(second.welcome?.members == [Member(id: second.member.id, name: "ann")])
        #expect(second.welcome?.channel == "team")
        #expect(first.welcome?.channel == "")
        #expect(second.total == 2)
        #expect(first.channel != second.channel)
    }

    @Test mutating func `a channel lasts from its first member to its last`() throws {
        let first = try join("/team")
        let second = try join("/team")
        #expect(first.channel == second.channel)
        #expect(hub.channelCount == 1)
        _ = hub.leave(first.member.id, now: now)
        #expect(hub.channelCount == 1)
        let last = hub.leave(second.member.id, now: now)
        #expect(hub.channelCount == 0)
        // Nobody is left to be told.
        #expect(last?.announcement == nil)
    }

    @Test mutating func `those who stay are told who has left`() throws {
        let first = try join("/", name: "ann")
        _ = try join()
        let departure = hub.leave(first.member.id, now: now)
        #expect(departure?.announcement == .left(Presence(member: Member(id: first.member.id, name: "ann"), count: 1)))
        #expect(departure?.total == 1)
    }

    @Test mutating func `who has left cannot leave or take a name again`() throws {
        let id = try join().member.id
        _ = try join()
        #expect(hub.leave(id, now: now) != nil)
        #expect(hub.leave(id, now: now) == nil)
        #expect(try rename(id, "ann") == nil)
        #expect(hub.count == 1)
    }

    @Test mutating func `in a large channel nobody is introduced`() throws {
        for _ in 1..<Hub<String>.maximumIntroduced { _ = try join() }
        let last = try join()
        #expect(last.welcome?.members?.count == 100)
        #expect(last.announcement != nil)
        let further = try join()
        #expect(further.welcome?.members == nil)
        #expect(further.welcome?.count == 101)
        #expect(further.announcement == nil)
        let another = try join()
        #expect(hub.leave(another.member.id, now: now)?.announcement == nil)
        #expect(hub.leave(further.member.id, now: now)?.announcement != nil)
    }

    @Test mutating func `channels are bounded in number`() throws {
        for number in 0..<Hub<String>.maximumChannels { _ = try join("/\(number)") }
        #expect(throws: Hub<String>.TooManyChannels.self) { try join("/one-more") }
        let more = [try #require(ChannelName(path: "/one-more")), try #require(ChannelName(path: "/7"))]
        #expect(more.map(hub.hasRoom) == [false, true])
        // An existing one takes further members, and one that has become empty makes room.
        let id = try join("/7").member.id
        _ = hub.leave(id, now: now)
        _ = hub.leave(ClientID(number: 1), now: now)
        #expect(try join("/one-more").welcome?.count == 1)
        #expect(hub.channelCount == Hub<String>.maximumChannels)
    }

    // MARK: Names

    @Test mutating func `without a name a member goes by its id`() throws {
        let arrival = try join()
        #expect(arrival.member.name == "Client 1")
        #expect(!arrival.isNamed)
    }

    @Test mutating func `those who want the same name are told apart`() throws {
        #expect(try join("/", name: "ann").member.name == "ann")
        let second = try join("/", name: "Ann")
        #expect(second.member.name == "Ann (2)")
        #expect(second.isNamed)
    }

    @Test mutating func `a name is free when its member has left`() throws {
        let id = try join("/", name: "ann").member.id
        _ = try join()
        _ = hub.leave(id, now: now)
        #expect(try join("/", name: "ann").member.name == "ann")
    }

    @Test mutating func `a client that comes back before its old connection ends keeps its name`() throws {
        let session = SessionID.random()
        let old = try join("/", name: "ann", session: session).member.id
        #expect(try join("/", name: "ann", session: session).member.name == "ann")
        _ = hub.leave(old, now: now)
        #expect(try join("/", name: "ann").member.name == "ann (2)")
    }

    @Test mutating func `all are told of a new name`() throws {
        let ann = try join("/", name: "ann").member.id
        let other = try join().member.id
        #expect(try rename(other, "Ann") == Renaming(member: Member(id: other, name: "Ann (2)"), was: "Client 2"))
        #expect(try rename(ann, "bob") == Renaming(member: Member(id: ann, name: "bob"), was: "ann"))
        #expect(try rename(other, "Ann") == Renaming(member: Member(id: other, name: "Ann"), was: "Ann (2)"))
        #expect(try rename(ann, nil) == Renaming(member: Member(id: ann, name: "Client 1"), was: "bob"))
        #expect(try join().welcome?.members?.map(\.name) == ["Client 1", "Ann", "Client 3"])
        #expect(try join("/", name: "bob").member.name == "bob")
    }

    @Test mutating func `the same name again changes nothing`() throws {
        let id = try join("/", name: "ann").member.id
        #expect(try rename(id, "ann") == Renaming(member: Member(id: id, name: "ann"), was: "ann"))
        _ = hub.leave(id, now: now)
        #expect(try join("/", name: "ann").member.name == "ann")
    }

    @Test mutating func `when too many have a name, further ones get none`() throws {
        for _ in 1...NameRegister.maximumAlike { _ = try join("/", name: "ann") }
        let arrival = try join("/", name: "ann")
        #expect(arrival.member.name == "Client 100")
        #expect(arrival.problem?.code == .badName)
        let bob = try join("/", name: "bob").member.id
        #expect(throws: Problem.self) { try rename(bob, "ann") }
        // The name it had is still its own.
        #expect(try join("/", name: "bob").member.name == "bob (2)")
    }

    @Test mutating func `a problem with the name asked for is passed on`() throws {
        var request = JoinRequest(channel: try #require(ChannelName(path: "/")), session: .random())
        request.problem = Problem(.badName, "A reason.")
        let arrival = try hub.join(request, now: now) { "" }
        #expect(arrival.problem == request.problem)
    }

    // MARK: Keys

    @Test mutating func `a key is remembered across connections of a session`() throws {
        let session = SessionID.random()
        let first = try join("/", session: session)
        let key = try #require(first.session)
        #expect(hub.take(key: "a", in: key) == .new)
        _ = hub.leave(first.member.id, now: now)
        // The id was known only after the connection had ended.
        hub.confirm(key: "a", id: 5, in: key)
        let second = try join("/", session: session)
        #expect(second.session == key)
        #expect(second.welcome?.session == session.description)
        #expect(hub.take(key: "a", in: key) == .sent(id: 5))
    }

    @Test mutating func `members of plain text have no session`() throws {
        let request = JoinRequest(channel: try #require(ChannelName(path: "/")))
        let arrival = try hub.join(request, now: now) { "" }
        #expect(arrival.session == nil)
        #expect(arrival.welcome == nil)
    }
}
