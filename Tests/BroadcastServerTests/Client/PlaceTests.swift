import Testing

@testable import broadcast_server

@Suite struct PlaceTests {
    private static let ann = Member(id: ClientID(number: 1), name: "ann")

    private func welcome(_ position: PositionText, session: String = ChatPeer.session) -> ServerObject {
        let member = Member(id: ClientID(number: 2), name: "bob")
        return .welcome(
            Welcome(position: position, recovered: false, member: member, session: session, channel: "", count: 1)
        )
    }

    private func query(_ place: Place) -> [String] { place.query.map { "\($0.name)=\($0.value)" } }

    @Test func `it asks for what it was told to, until there is a position`() {
        for (beginning, expected) in [
            (Place.Beginning.now, []), (.last(50), ["last=50"]), (.after("1.7"), ["after=1.7"]), (.nowhere, []),
        ] {
            var place = Place(beginning: beginning)
            #expect(query(place) == expected)
            #expect(place.sessionOffer == nil)
            place.advance(past: welcome("1.9"))
            #expect(query(place) == (beginning == .nowhere ? [] : ["after=1.9"]))
            #expect(place.sessionOffer == "broadcast.session.\(ChatPeer.session)")
        }
    }

    @Test func `it goes on with a position from before, wherever it was to begin`() {
        let place = Place(beginning: .last(50), position: "1.7", session: SessionID(ChatPeer.session))
        #expect(query(place) == ["after=1.7"])
        #expect(place.sessionOffer != nil)
    }

    @Test func `every object that has a place moves it, and no other`() {
        var place = Place()
        place.advance(past: welcome("1.1"))
        #expect(place.position == "1.1")
        let gap = Gap(from: "1.1", to: "1.4", missing: 2, reason: .expired)
        let message = ChatMessage(id: "1.5", from: Self.ann, time: 1, text: "hi")
        let receipt = Acknowledgement(key: "k", id: "1.6", receivers: 1, stored: .memory)
        for (object, position) in [
            (ServerObject.gap(gap), "1.4"), (.message(message), "1.5"), (.ack(receipt), "1.6"),
            (.position("2.0"), "2.0"),
        ] as [(ServerObject, PositionText)] {
            place.advance(past: object)
            #expect(place.position == position)
        }
        let presence = Presence(member: Self.ann, count: 2)
        let page = HistoryPage(messages: [], position: "3.1", hasMore: false, start: .before("3.0"))
        let others: [ServerObject] = [
            .joined(presence), .left(presence), .renamed(Renaming(member: Self.ann, was: "eve")),
            .members(Attendance(count: 1)), .history(page), .error(Problem(.badName, "")), .unknown(type: "x"),
        ]
        for object in others { place.advance(past: object) }
        #expect(place.position == "2.0")
    }

    @Test func `an acknowledgement that may come late does not move it back`() {
        var place = Place()
        place.advance(past: welcome("1.1"))
        place.advance(past: .position("1.9"))
        for late in [
            Acknowledgement(key: "k", id: "1.6", receivers: 1, stored: .memory, isDuplicate: true),
            Acknowledgement(key: "k", id: "1.6", receivers: 1, stored: .disk),
        ] {
            place.advance(past: .ack(late))
            #expect(place.position == "1.9")
        }
    }

    @Test func `who does not listen keeps the position of the one who did`() {
        var place = Place(beginning: .nowhere, position: "1.7")
        place.advance(past: welcome("1.9"))
        place.advance(past: .position("1.10"))
        #expect(place.position == "1.7")
        #expect(place.session != nil)
        #expect(query(place) == [])
    }

    @Test(arguments: ["", "x", "0123456789abcdef0123456789abcde\r\n", "../../../../etc/passwd"])
    func `what is no session is never shown to a server`(text: String) {
        var place = Place()
        place.advance(past: welcome("1.1", session: text))
        #expect(place.sessionOffer == nil)
    }
}
