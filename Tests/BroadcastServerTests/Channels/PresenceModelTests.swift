import Testing

@testable import broadcast_server

/// Members come, are lost, come back, leave and take names, as a seed has it: whoever follows what is told has the truth.
@Suite struct PresenceModelTests {
    /// A member, as far as it could know.
    private struct Observer {
        var seat: Seat
        /// nil in a channel of too many.
        var known: [ClientID: String]?
        var count: Int

        init(_ arrival: ChannelState<Int>.Arrival) {
            seat = arrival.seat
            known = Self.list(arrival.attendance)
            count = arrival.attendance.count
        }

        static func list(_ attendance: Attendance) -> [ClientID: String]? {
            attendance.members.map { Dictionary(uniqueKeysWithValues: $0.map { ($0.id, $0.name) }) }
        }

        mutating func hear(_ notice: ServerObject) throws {
            switch notice {
            case .joined(let presence):
                #expect(known?.updateValue(presence.member.name, forKey: presence.member.id) == nil)
                count = presence.count
            case .left(let presence):
                #expect(known?.removeValue(forKey: presence.member.id) == presence.member.name)
                count = presence.count
            case .renamed(let renaming):
                #expect(known != nil)
                if known != nil { #expect(known?[renaming.member.id] == renaming.was) }
                known?[renaming.member.id] = renaming.member.name
            case .members(let attendance):
                known = Self.list(attendance)
                count = attendance.count
            default: Issue.record("\(notice) is none of presence")
            }
        }
    }

    private struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let ownerOfName = SessionOwner(of: SessionID(high: 0, low: 1))

    @Test(arguments: [(1 as UInt64, 8), (2, 8), (3, 99), (4, 101), (5, 104)])
    func `what members are told adds up to who is there`(seed: UInt64, usualCount: Int) throws {
        var random = Random(state: seed)
        var state = ChannelState<Int>(grace: .seconds(30))
        var observers: [Int: Observer] = [:]
        var lost: [Seat] = []
        var lastID: UInt64 = 0
        var lastConnection = 0
        var now = ContinuousClock.now

        func tell(_ notices: ServerObject?...) throws {
            for case let notice? in notices {
                for connection in observers.keys { try observers[connection]?.hear(notice) }
            }
        }

        for _ in 0..<600 {
            now += .seconds(Int.random(in: 0...3, using: &random))
            let expiry = state.expire(now: now)
            for notice in expiry.notices { try tell(notice) }
            let isGrowing = observers.count < Int.random(in: 0...2 * usualCount, using: &random)
            let somebody = observers.keys.sorted().randomElement(using: &random)
            switch (Int.random(in: 0..<10, using: &random), somebody) {
            case (0, let somebody?):
                let name = try MemberName(["ann", "Ann", "bob"].randomElement(using: &random) ?? "")
                let seat = try #require(observers[somebody]?.seat)
                let wish = Bool.random(using: &random) ? name : nil
                // One that has had too many names keeps the one it has.
                try tell(try? state.rename(seat, to: wish, over: somebody, now: now)?.notice)
            case (1..., let somebody?) where !isGrowing:
                let seat = try #require(observers.removeValue(forKey: somebody)?.seat)
                let leaves = Bool.random(using: &random)
                let departure = state.disconnect(seat, from: somebody, leaves: leaves, now: now)
                if seat.session != nil { lost.append(seat) }
                try tell(departure?.notice)
            default:
                lastConnection += 1
                var request = JoinRequest(channel: .default, name: nil, identity: .session)
                if Bool.random(using: &random) {
                    request.name = try MemberName("ann")
                    // Now and then a token says so.
                    if Int.random(in: 0..<4, using: &random) == 0 { request.owner = Self.ownerOfName }
                }
                if let seat = lost.popLast(), let session = seat.session, Bool.random(using: &random) {
                    request.identity = .returning(session)
                } else if Int.random(in: 0..<4, using: &random) == 0 {
                    request.identity = .none
                } else if let somebody, Int.random(in: 0..<10, using: &random) == 0 {
                    // A second connection of a session that has one.
                    request.identity = observers[somebody]?.seat.session.map { .returning($0) } ?? .none
                }
                let arrival = state.join(
                    request,
                    over: lastConnection,
                    makeID: {
                        lastID += 1
                        return ClientID(number: lastID)
                    },
                    makeSession: { SessionID(using: &random).owned(by: request.owner) }
                )
                if let replaced = arrival.replaced {
                    observers[replaced] = nil
                    #expect(state.disconnect(arrival.seat, from: replaced, leaves: true, now: now) == nil)
                }
                try tell(arrival.displaced?.notice, arrival.notice)
                observers[lastConnection] = Observer(arrival)
            }

            #expect(state.connectedCount == observers.count)
            let truth = state.attendance
            let list = Observer.list(truth)
            // Beyond the bound nobody is counted for them.
            let isRight = observers.values.allSatisfy {
                $0.known == list && (list == nil ? $0.count > ChannelRoster.maximumIntroduced : $0.count == truth.count)
            }
            try #require(isRight)
        }
    }
}
