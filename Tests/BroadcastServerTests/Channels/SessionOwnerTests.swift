import Testing

@testable import broadcast_server

@Suite struct SessionOwnerTests {
    private static func owner(_ subject: String?, name: String? = nil) throws -> SessionOwner {
        SessionOwner(
            Grant(
                source: .signed(id: nil),
                subject: subject,
                name: try name.map { try MemberName($0) },
                rights: .open
            )
        )
    }

    @Test func `a session belongs to whom it was made for, and to nobody else`() throws {
        let owners = [
            SessionOwner.nobody, try Self.owner("ann"), try Self.owner("bob"), try Self.owner("ann", name: "Ann"),
        ]
        for _ in 0..<100 {
            let drawn = SessionID.random()
            for (index, owner) in owners.enumerated() {
                let session = drawn.owned(by: owner)
                #expect(owners.indices.filter { session.belongs(to: owners[$0]) } == [index])
                #expect(session.isNameFixed == (index == 3))
                #expect(SessionID(session.description) == session)
                #expect(SessionOwner(of: session).isNameFixed == owner.isNameFixed)
            }
        }
    }

    @Test func `one whose bits were changed is nobody's`() throws {
        let owner = try Self.owner("ann")
        let session = SessionID.random().owned(by: owner)
        for bit in 0..<64 {
            let changed = SessionID(high: session.high, low: session.low ^ 1 << bit)
            #expect(!changed.belongs(to: owner), "bit \(bit)")
            #expect(
                !SessionID(high: session.high ^ 1 << bit, low: session.low).belongs(to: owner),
                "bit \(bit) of high"
            )
        }
    }
}
