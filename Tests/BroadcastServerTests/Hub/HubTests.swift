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

    private mutating func rename(_ seat: inout Seat, _ name: String?) throws -> Renaming? {
        try hub.rename(&seat, to: try name.map { try MemberName($0) })
    }

    // MARK: Coming and going

    @Test mutating func `ids are counted from 1 and never used again`() throws {
        let first = try join("/a").seat
        _ = hub.leave(first, now: now)
        #expect(first.id.number == 1)
        #expect(try join("/b").seat.id.number == 2)
        #expect(try join("/a").seat.id.number == 3)
    }

    @Test mutating func `a new member learns who is there, in order of the ids`() throws {
        for _ in 1...9 { _ = try join() }
        let arrival = try join("/", name: "ann")
        #expect(arrival.welcome?.members?.map(\.id.number) == Array(1...10))
        #expect(arrival.welcome?.members?.last == Member(id: arrival.seat.member.id, name: "ann"))
        #expect(arrival.welcome?.count == 10)
        #expect(
            arrival.announcement
                == .joined(Presence(member: Member(id: arrival.seat.member.id, name: "ann"), count: 10))
        )
    }

    @Test mutating func `channels know nothing of each other`() throws {
        let first = try join("/", name: "ann")
        let second = try join("/team", name: "ann")
        #expect(second.welcome?.members == [Member(id: second.seat.id, name: "ann")])
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
        _ = hub.leave(first.seat, now: now)
        #expect(hub.channelCount == 1)
        let last = hub.leave(second.seat, now: now)
        #expect(hub.channelCount == 0)
        // Nobody is left to be told.
        #expect(last?.announcement == nil)
    }

    @Test mutating func `those who stay are told who has left`() throws {
        let first = try join("/", name: "ann")
        _ = try join()
        let departure = hub.leave(first.seat, now: now)
        #expect(departure?.announcement == .left(Presence(member: Member(id: first.seat.id, name: "ann"), count: 1)))
        #expect(departure?.total == 1)
    }

    @Test mutating func `who has left cannot leave or take a name again`() throws {
        var seat = try join().seat
        _ = try join()
        #expect(hub.leave(seat, now: now) != nil)
        #expect(hub.leave(seat, now: now) == nil)
        #expect(try rename(&seat, "ann") == nil)
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
        #expect(hub.leave(another.seat, now: now)?.announcement == nil)
        #expect(hub.leave(further.seat, now: now)?.announcement != nil)
    }

    @Test mutating func `channels are bounded in number`() throws {
        let first = try join("/0").seat
        for number in 1..<Hub<String>.maximumChannels { _ = try join("/\(number)") }
        #expect(throws: Hub<String>.TooManyChannels.self) { try join("/one-more") }
        let more = [try #require(ChannelName(path: "/one-more")), try #require(ChannelName(path: "/7"))]
        #expect(more.map(hub.hasRoom) == [false, true])
        // An existing one takes further members, and one that has become empty makes room.
        let second = try join("/7").seat
        _ = hub.leave(second, now: now)
        _ = hub.leave(first, now: now)
        #expect(try join("/one-more").welcome?.count == 1)
        #expect(hub.channelCount == Hub<String>.maximumChannels)
    }

    // MARK: Names

    @Test mutating func `without a name a member goes by its id`() throws {
        let arrival = try join()
        #expect(arrival.seat.member.name == "Client 1")
        #expect(!arrival.seat.isNamed)
    }

    @Test mutating func `those who want the same name are told apart`() throws {
        #expect(try join("/", name: "ann").seat.member.name == "ann")
        let second = try join("/", name: "Ann")
        #expect(second.seat.member.name == "Ann (2)")
        #expect(second.seat.isNamed)
    }

    @Test mutating func `a name is free when its member has left`() throws {
        let ann = try join("/", name: "ann").seat
        _ = try join()
        _ = hub.leave(ann, now: now)
        #expect(try join("/", name: "ann").seat.member.name == "ann")
    }

    @Test mutating func `a client that comes back before its old connection ends keeps its name`() throws {
        let session = SessionID.random()
        let old = try join("/", name: "ann", session: session).seat
        #expect(try join("/", name: "ann", session: session).seat.member.name == "ann")
        _ = hub.leave(old, now: now)
        #expect(try join("/", name: "ann").seat.member.name == "ann (2)")
    }

    @Test mutating func `all are told of a new name`() throws {
        var ann = try join("/", name: "ann").seat
        var other = try join().seat
        #expect(try rename(&other, "Ann") == Renaming(member: Member(id: other.id, name: "Ann (2)"), was: "Client 2"))
        #expect(try rename(&ann, "bob") == Renaming(member: Member(id: ann.id, name: "bob"), was: "ann"))
        #expect(try rename(&other, "Ann") == Renaming(member: Member(id: other.id, name: "Ann"), was: "Ann (2)"))
        #expect(try rename(&ann, nil) == Renaming(member: Member(id: ann.id, name: "Client 1"), was: "bob"))
        #expect(try join().welcome?.members?.map(\.name) == ["Client 1", "Ann", "Client 3"])
        #expect(try join("/", name: "bob").seat.member.name == "bob")
    }

    @Test mutating func `the same name again changes nothing`() throws {
        var ann = try join("/", name: "ann").seat
        #expect(try rename(&ann, "ann") == Renaming(member: Member(id: ann.id, name: "ann"), was: "ann"))
        _ = hub.leave(ann, now: now)
        #expect(try join("/", name: "ann").seat.member.name == "ann")
    }

    @Test mutating func `when too many have a name, further ones get none`() throws {
        for _ in 1...NameRegister.maximumAlike { _ = try join("/", name: "ann") }
        let arrival = try join("/", name: "ann")
        #expect(arrival.seat.member.name == "Client 100")
        #expect(arrival.problem?.code == .badName)
        var bob = try join("/", name: "bob").seat
        #expect(throws: Problem.self) { try rename(&bob, "ann") }
        #expect(bob.member.name == "bob")
        // The name it had is still its own.
        #expect(try join("/", name: "bob").seat.member.name == "bob (2)")
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
        let key = try #require(first.seat.sessionKey)
        #expect(hub.take(key: "a", in: key) == .new)
        _ = hub.leave(first.seat, now: now)
        // The id was known only after the connection had ended.
        hub.confirm(key: "a", id: 5, in: key)
        let second = try join("/", session: session)
        #expect(second.seat.sessionKey == key)
        #expect(second.welcome?.session == session.description)
        #expect(hub.take(key: "a", in: key) == .sent(id: 5))
    }

    @Test mutating func `members of plain text have no session`() throws {
        let request = JoinRequest(channel: try #require(ChannelName(path: "/")))
        let arrival = try hub.join(request, now: now) { "" }
        #expect(arrival.seat.sessionKey == nil)
        #expect(arrival.welcome == nil)
    }
}
