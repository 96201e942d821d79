import Testing

@testable import broadcast_server

@Suite struct ChannelStateTests {
    private typealias State = ChannelState<Int>
    private static let grace = Duration.seconds(30)
    private var state = State(grace: grace)
    private var lastID: UInt64 = 0
    private let now = ContinuousClock.now

    /// Takes in a member over a connection that a number stands for.
    private mutating func join(
        _ connection: Int = 0,
        name: String? = nil,
        _ identity: JoinRequest.Identity = .session,
        owner: SessionOwner = .nobody
    ) throws -> State.Arrival {
        var request = JoinRequest(channel: .default, name: nil, identity: identity, owner: owner)
        request.name = try name.map { try MemberName($0) }
        return state.join(
            request,
            over: connection,
            makeID: { [self] in ClientID(number: lastID + 1) },
            makeSession: { SessionID.random().owned(by: owner) }
        )
    }

    /// The same under the next id.
    private mutating func next(
        _ connection: Int = 0,
        name: String? = nil,
        _ identity: JoinRequest.Identity = .session,
        owner: SessionOwner = .nobody
    ) throws -> State.Arrival {
        let arrival = try join(connection, name: name, identity, owner: owner)
        lastID = max(lastID, arrival.seat.id.number)
        return arrival
    }

    private mutating func lose(_ seat: Seat, _ connection: Int = 0, at time: Duration = .zero) -> State.Departure? {
        state.disconnect(seat, from: connection, leaves: false, now: now + time)
    }

    private mutating func leave(_ seat: Seat, _ connection: Int = 0, at time: Duration = .zero) -> State.Departure? {
        state.disconnect(seat, from: connection, leaves: true, now: now + time)
    }

    private mutating func rename(_ seat: Seat, _ name: String?, at time: Duration = .zero) throws -> Renaming? {
        let change = try state.rename(seat, to: try name.map { try MemberName($0) }, over: 0, now: now + time)
        let isIntroduced = state.attendance.count <= ChannelRoster.maximumIntroduced
        #expect(change?.notice == (isIntroduced ? change.map { ServerObject.renamed($0.renaming) } : nil))
        return change?.renaming
    }

    private var returning: (Seat) throws -> JoinRequest.Identity {
        { .returning(try #require($0.session)) }
    }

    // MARK: Coming and going

    @Test mutating func `a new member learns who is there, in order of the ids`() throws {
        for _ in 1...9 { _ = try next() }
        let arrival = try next(name: "ann")
        let ann = Member(id: ClientID(number: 10), name: "ann")
        #expect(arrival.seat.member == ann)
        #expect(arrival.attendance.members?.map(\.id.number) == Array(1...10))
        #expect(arrival.attendance.members?.last == ann)
        #expect(arrival.attendance.count == 10)
        #expect(arrival.notice == .joined(Presence(member: ann, count: 10)))
        #expect(arrival.isNamed && !arrival.isBack)
        #expect(state.connectedCount == 10)
    }

    @Test mutating func `those who stay are told who has left`() throws {
        let ann = try next(name: "ann").seat
        _ = try next()
        #expect(leave(ann)?.notice == .left(Presence(member: ann.member, count: 1)))
        #expect(state.attendance.count == 1)
    }

    @Test mutating func `nobody is told when nobody is left`() throws {
        let ann = try next().seat
        let departure = leave(ann)
        #expect(departure?.hasLeft == true)
        #expect(departure?.notice == nil)
    }

    @Test mutating func `members of plain text have no session, and leave at once`() throws {
        let plain = try next(1, .none).seat
        _ = try next(2)
        #expect(plain.session == nil)
        #expect(plain.tag == 0)
        #expect(
            lose(plain, 1)
                == State.Departure(absent: nil, hasLeft: true, notice: .left(Presence(member: plain.member, count: 1)))
        )
        #expect(state.nextDeadline == nil)
    }

    @Test mutating func `in a large channel nobody is introduced, and all are told when that begins and ends`() throws {
        var seats = try (0..<ChannelRoster.maximumIntroduced).map { try next($0).seat }
        #expect(state.attendance.members?.count == 100)
        let further = try next(100)
        #expect(further.attendance == Attendance(count: 101, members: nil))
        #expect(further.notice == .members(Attendance(count: 101, members: nil)))
        let another = try next(101)
        #expect(another.notice == nil)
        #expect(leave(another.seat, 101)?.notice == nil)
        #expect(leave(seats.removeFirst(), 0)?.notice == .members(state.attendance))
        #expect(state.attendance.members?.map(\.id) == seats.map(\.id) + [further.seat.id])
        #expect(leave(seats.removeFirst(), 1)?.notice != nil)
        #expect(state.attendance.count == 99)
    }

    // MARK: Sessions

    @Test mutating func `who comes back within the grace never was away`() throws {
        _ = try next(0)
        let ann = try next(1, name: "ann").seat
        #expect(lose(ann, 1) == State.Departure(absent: ann.session, hasLeft: false, notice: nil))
        #expect(state.attendance.count == 2)
        #expect(state.connectedCount == 1)
        #expect(state.nextDeadline == now + Self.grace)
        let back = try next(2, name: "bob", returning(ann))
        #expect(back.seat == ann)
        #expect(back.isBack && back.isNamed)
        #expect(back.notice == nil)
        #expect(back.replaced == nil)
        #expect(back.returned == ann.session)
        #expect(state.connectedCount == 2)
        #expect(state.nextDeadline == nil)
        #expect(state.expire(now: now + .seconds(3_600)) == State.Expiry())
    }

    @Test mutating func `who does not come back in time has left`() throws {
        _ = try next(0)
        let ann = try next(1, name: "ann").seat
        _ = lose(ann, 1)
        #expect(state.expire(now: now + .seconds(29)) == State.Expiry())
        let expiry = State.Expiry(
            departures: 1,
            late: [try #require(ann.session)],
            notices: [.left(Presence(member: ann.member, count: 1))]
        )
        #expect(state.expire(now: now + Self.grace) == expiry)
        #expect(state.attendance.count == 1)
        #expect(try next(2, name: "ann").seat.member.name == "ann")
    }

    @Test mutating func `who comes back after that joins with the id it had`() throws {
        let ann = try next(1, name: "ann").seat
        _ = lose(ann, 1)
        _ = state.expire(now: now + Self.grace)
        _ = try next(0, name: "ann")
        let back = try next(2, name: "ann", returning(ann))
        #expect(back.seat.id == ann.id)
        #expect(back.seat.tag == ann.tag)
        #expect(back.seat.session == ann.session)
        #expect(back.seat.member.name == "ann (2)")
        #expect(back.notice == .joined(Presence(member: back.seat.member, count: 2)))
        #expect(!back.isBack)
    }

    @Test mutating func `who says goodbye has left at once, and is known all the same`() throws {
        _ = try next(0)
        let ann = try next(1).seat
        #expect(
            leave(ann, 1)
                == State.Departure(
                    absent: ann.session,
                    hasLeft: true,
                    notice: .left(Presence(member: ann.member, count: 1))
                )
        )
        #expect(try next(2, returning(ann)).seat.id == ann.id)
    }

    @Test mutating func `a session is forgotten ten minutes after its last connection`() throws {
        let ann = try next(1).seat
        _ = lose(ann, 1)
        #expect(state.expire(now: now + .seconds(599)).forgotten.isEmpty)
        #expect(!state.isEmpty)
        #expect(state.nextDeadline == now + .seconds(600))
        #expect(state.expire(now: now + .seconds(600)).forgotten == [try #require(ann.session)])
        #expect(state.isEmpty)
        let stranger = try next(2, returning(ann))
        #expect(stranger.seat.session != ann.session)
        #expect(stranger.seat.id != ann.id)
        #expect(stranger.returned == nil)
    }

    @Test mutating func `a session that is not known gets a new one`() throws {
        let offered = SessionID.random()
        #expect(try next(1, .returning(offered)).seat.session != offered)
    }

    @Test mutating func `a second connection takes the place of the first`() throws {
        let ann = try next(1, name: "ann").seat
        let again = try next(2, returning(ann))
        #expect(again.replaced == 1)
        #expect(again.seat == ann)
        #expect(again.notice == nil)
        #expect(state.connectedCount == 1)
        // The end of the first concerns nobody.
        #expect(lose(ann, 1) == nil)
        #expect(state.attendance.count == 1)
        #expect(lose(ann, 2)?.hasLeft == false)
    }

    @Test mutating func `without a grace who is lost has left`() throws {
        state = State(grace: .zero)
        _ = try next(0)
        let ann = try next(1).seat
        #expect(lose(ann, 1)?.notice == .left(Presence(member: ann.member, count: 1)))
        #expect(try next(2, returning(ann)).seat.id == ann.id)
    }

    @Test mutating func `a session that is given up leaves its place`() throws {
        _ = try next(0)
        let ann = try next(1).seat
        _ = lose(ann, 1)
        let session = try #require(ann.session)
        #expect(
            state.forget(session)
                == State.Expiry(departures: 1, notices: [.left(Presence(member: ann.member, count: 1))])
        )
        #expect(state.forget(session) == State.Expiry())
        // One with a connection is not given up.
        let bob = try next(2).seat
        #expect(state.forget(try #require(bob.session)) == State.Expiry())
        #expect(state.attendance.count == 2)
    }

    @Test mutating func `members that are lost one after the other leave one after the other`() throws {
        let seats = try (0..<3).map { try next($0).seat }
        for (number, seat) in seats.enumerated() { _ = lose(seat, number, at: .seconds(number)) }
        // One comes back, is lost again, and has its full time.
        _ = try next(7, returning(seats[0]))
        _ = lose(seats[0], 7, at: .seconds(20))
        #expect(state.expire(now: now + .seconds(32)).departures == 2)
        #expect(state.attendance.members == [seats[0].member])
        #expect(state.nextDeadline == now + .seconds(50))
        #expect(state.expire(now: now + .seconds(50)).departures == 1)
    }

    @Test mutating func `each session has a tag of its own, which is not 0`() throws {
        let tags = try (0..<50).map { try next($0).seat.tag }
        #expect(Set(tags).count == 50)
        #expect(!tags.contains(0))
    }

    // MARK: Names

    @Test mutating func `without a name a member goes by its id`() throws {
        let arrival = try next()
        #expect(arrival.seat.member.name == "Client 1")
        #expect(!arrival.isNamed)
    }

    @Test mutating func `those who want the same name are told apart`() throws {
        #expect(try next(name: "ann").seat.member.name == "ann")
        #expect(try next(name: "Ann").seat.member.name == "Ann (2)")
    }

    @Test mutating func `a name that a token gives is taken from who has it without, and from nobody else`() throws {
        let other = try next(1, name: "Ann").seat
        let owner = SessionOwner(of: SessionID(high: 0, low: 1))
        let ann = try next(2, name: "ann", owner: owner)
        #expect(ann.seat.member.name == "ann")
        let renaming = Renaming(member: Member(id: other.id, name: "Ann (2)"), was: "Ann")
        #expect(
            ann.displaced == State.Displaced(renaming: renaming, session: other.session, notice: .renamed(renaming))
        )
        #expect(ann.attendance.members?.map(\.name) == ["Ann (2)", "ann"])
        let second = try next(3, name: "ann", owner: owner)
        #expect(second.seat.member.name == "ann (3)")
        #expect(second.displaced == nil)
        #expect(try next(4, name: "ann").displaced == nil)
    }

    @Test mutating func `a name is free when its member has left`() throws {
        let ann = try next(name: "ann").seat
        _ = try next()
        _ = leave(ann)
        #expect(try next(name: "ann").seat.member.name == "ann")
    }

    @Test mutating func `a name is kept for the grace`() throws {
        let ann = try next(1, name: "ann").seat
        _ = lose(ann, 1)
        #expect(try next(2, name: "ann").seat.member.name == "ann (2)")
        #expect(try next(3, returning(ann)).seat.member.name == "ann")
    }

    @Test mutating func `all are told of a new name`() throws {
        let ann = try next(name: "ann").seat
        let other = try next().seat
        #expect(try rename(other, "Ann") == Renaming(member: Member(id: other.id, name: "Ann (2)"), was: "Client 2"))
        #expect(try rename(ann, "bob") == Renaming(member: Member(id: ann.id, name: "bob"), was: "ann"))
        #expect(try rename(other, "Ann") == Renaming(member: Member(id: other.id, name: "Ann"), was: "Ann (2)"))
        #expect(try rename(ann, nil) == Renaming(member: Member(id: ann.id, name: "Client 1"), was: "bob"))
        #expect(try next().attendance.members?.map(\.name) == ["Client 1", "Ann", "Client 3"])
        #expect(try next(name: "bob").seat.member.name == "bob")
    }

    @Test mutating func `the same name again changes nothing`() throws {
        let ann = try next(name: "ann").seat
        #expect(try rename(ann, "ann") == Renaming(member: ann.member, was: "ann"))
        #expect(try rename(ann, "Ann") == Renaming(member: Member(id: ann.id, name: "Ann"), was: "ann"))
        #expect(try next(name: "ann").seat.member.name == "ann (2)")
        _ = leave(ann)
        #expect(try next(name: "ann").seat.member.name == "ann")
    }

    @Test mutating func `when too many have a name, further ones get none`() throws {
        for _ in 1...NameRegister.maximumAlike { _ = try next(name: "ann") }
        let arrival = try next(name: "ann")
        #expect(arrival.seat.member.name == "Client 100")
        #expect(arrival.problem?.code == .badName)
        let bob = try next(name: "bob").seat
        #expect(throws: Problem.self) { try rename(bob, "ann") }
        // The name it had is still its own.
        #expect(try next(name: "bob").seat.member.name == "bob (2)")
    }

    @Test mutating func `in a channel of too many nobody is told of a new name but the one who has it`() throws {
        let ann = try next(name: "ann").seat
        for _ in 2...ChannelRoster.maximumIntroduced { _ = try next() }
        let last = try next().seat
        #expect(try rename(ann, "anna")?.was == "ann")
        _ = leave(last)
        // Then all are told again.
        #expect(try rename(ann, "annie")?.was == "anna")
    }

    @Test mutating func `a member may change its name so often at once, and then once in a while`() throws {
        let (ann, bob) = (try next().seat, try next().seat)
        let limit = ChannelRoster.changes
        for number in 0..<limit.burst { #expect(try rename(ann, "ann\(number)") != nil) }
        let problem = #expect(throws: Problem.self) { try rename(ann, "anna") }
        #expect(problem?.code == .tooOften)
        #expect(state.attendance.members?.first?.name == "ann\(limit.burst - 1)")
        #expect(try rename(bob, "bob") != nil)
        #expect(throws: Problem.self) { try rename(ann, "anna", at: limit.interval - .milliseconds(1)) }
        #expect(try rename(ann, "anna", at: limit.interval)?.member.name == "anna")
        #expect(throws: Problem.self) { try rename(ann, "annie", at: limit.interval) }
        for number in 0..<limit.burst {
            #expect(try rename(ann, "ann\(number)", at: limit.interval * (limit.burst + 2)) != nil)
        }
    }

    @Test mutating func `who has left takes no name`() throws {
        let ann = try next().seat
        _ = leave(ann)
        #expect(try rename(ann, "ann") == nil)
    }

    // MARK: Keys

    private let key = MessageKey(text: "a")
    private let receipt = Receipt(id: "k3f9.5", receivers: 2)

    @Test mutating func `a key is remembered across the connections of a session`() throws {
        let ann = try next(1).seat
        let session = try #require(ann.session)
        #expect(state.known(key, in: session, over: 1) == .nothing)
        state.remember(receipt, for: key, in: session)
        #expect(state.known(key, in: session, over: 1) == .sent(receipt))
        _ = lose(ann, 1)
        _ = state.expire(now: now + .seconds(500))
        _ = try next(2, returning(ann))
        #expect(state.known(key, in: session, over: 2) == .sent(receipt))
    }

    @Test mutating func `keys of one session mean nothing in another`() throws {
        let ann = try #require(try next(1).seat.session)
        let bob = try #require(try next(2).seat.session)
        state.remember(receipt, for: key, in: ann)
        #expect(state.known(key, in: bob, over: 2) == .nothing)
    }

    @Test mutating func `a connection whose place was taken is not listened to`() throws {
        let ann = try next(1).seat
        _ = try next(2, returning(ann))
        let session = try #require(ann.session)
        #expect(state.known(key, in: session, over: 1) == .elsewhere)
        #expect(state.known(key, in: session, over: 2) == .nothing)
        #expect(state.known(key, in: .random(), over: 2) == .elsewhere)
    }
}
