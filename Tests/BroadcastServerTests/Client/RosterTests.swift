import Testing

@testable import broadcast_server

@Suite struct RosterTests {
    private func member(_ number: UInt64, _ name: String) -> Member {
        Member(id: ClientID(number: number), name: name)
    }

    private func welcomed(count: Int = 2, _ members: [Member]?) -> Roster {
        var roster = Roster()
        roster.take(
            Welcome(
                position: "1.0",
                recovered: false,
                member: member(3, "ann"),
                session: "s",
                channel: "",
                count: count,
                members: members
            )
        )
        return roster
    }

    @Test func `before a server has told who is here, nothing is known`() {
        #expect(Roster().summary == nil)
    }

    @Test func `who is here is told in order of arrival, with oneself first`() {
        let roster = welcomed(count: 3, [member(5, "eve"), member(1, "Client 1"), member(3, "ann")])
        #expect(roster.summary == "3 here: you (ann), Client 1, eve.")
        #expect(roster.isOwn(ClientID(number: 3)) && !roster.isOwn(ClientID(number: 1)))
    }

    @Test func `members come, go and change their names`() {
        var roster = welcomed([member(1, "Client 1"), member(3, "ann")])
        roster.join(Presence(member: member(4, "bob"), count: 3))
        roster.rename(Renaming(member: member(1, "eve"), was: "Client 1"))
        roster.rename(Renaming(member: member(3, "anna"), was: "ann"))
        #expect(roster.summary == "3 here: you (anna), eve, bob.")
        roster.leave(Presence(member: member(1, "eve"), count: 2))
        #expect(roster.summary == "2 here: you (anna), bob.")
    }

    @Test func `of a large channel the number is told`() {
        #expect(welcomed(count: 150, nil).summary == "150 here: you (ann), 149 more.")
    }

    @Test func `a server cannot make the list grow without end`() {
        var roster = welcomed(nil)
        for number in 10..<5_000 { roster.join(Presence(member: member(UInt64(number), "x"), count: 1)) }
        let names = roster.summary?.split(separator: ", ").filter { $0.hasPrefix("x") }
        #expect(names?.count == Roster.maximumMembers - 1)
    }

    @Test func `who is here can be told anew`() {
        var roster = welcomed([member(1, "Client 1"), member(3, "ann")])
        roster.take(Attendance(count: 3, members: [member(3, "anna"), member(5, "eve"), member(6, "bob")]))
        #expect(roster.summary == "3 here: you (anna), eve, bob.")
        roster.take(Attendance(count: 150, members: nil))
        #expect(roster.summary == "150 here: you (anna), 149 more.")
    }
}
