import FoundationEssentials
import Testing

@testable import broadcast_server

/// The examples of docs/protocol.md, held against the code.
@Suite struct ProtocolPageTests {
    private static func examples(behind heading: String, until next: String) throws -> [[UInt8]] {
        let root = #filePath.split(separator: "/").dropLast(5).joined(separator: "/")
        let page = String(decoding: try Data(contentsOf: URL(filePath: "/\(root)/docs/protocol.md")), as: UTF8.self)
        let section = page.split(separator: heading)[1].split(separator: next)[0]
        return section.split(separator: "```json\n").dropFirst().map { Array($0.split(separator: "```")[0].utf8) }
    }

    @Test func `every object of a client is shown, as it is understood`() throws {
        let objects = try Self.examples(behind: "### From the client", until: "### From the server").map {
            try ChatProtocol.decode(ClientObject.self, from: $0)
        }
        let fetch = Fetch(start: .before("k3f9.1042"), limit: 50)
        #expect(
            objects == [
                .message(text: "hi there 👋", key: "5f0c9a-17", stored: .disk), .name("ann"),
                .token("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI1ZjhhIn0.MEUCIQ"), .fetch(fetch),
            ]
        )
    }

    @Test func `every object of the server is shown, as it is understood`() throws {
        let objects = try Self.examples(behind: "### From the server", until: "## Names").map {
            try ChatProtocol.decode(ServerObject.self, from: $0)
        }
        let bob = Member(id: ClientID(number: 4), name: "bob")
        let (first, ann) = (
            Member(id: ClientID(number: 1), name: "Client 1"), Member(id: ClientID(number: 3), name: "ann")
        )
        let session = "0f8e2d6b90a14c3fb7d15e6a2c480937"
        #expect(
            objects == [
                .welcome(
                    Welcome(
                        position: "k3f9.1041",
                        recovered: true,
                        member: ann,
                        session: session,
                        channel: "team",
                        count: 2,
                        members: [first, ann],
                        maxMessage: 1_048_576
                    )
                ),
                .message(ChatMessage(id: "k3f9.1042", from: first, time: 1_763_933_812_345, text: "hello")),
                .joined(Presence(member: bob, count: 3)),
                .left(Presence(member: bob, count: 2)),
                .renamed(Renaming(member: Member(id: ann.id, name: "anna"), was: "ann")),
                .members(Attendance(count: 2, members: [first, ann])),
                .position("k3f9.1050"),
                .gap(
                    Gap(
                        from: "k3f9.3",
                        to: "k3f9.41",
                        missing: 38,
                        reason: .slow,
                        behind: Gap.Lag(bytes: 1_048_576, milliseconds: 2_100)
                    )
                ),
                .ack(Acknowledgement(key: "5f0c9a-17", id: "k3f9.1043", receivers: 12, stored: .memory)),
                .history(
                    HistoryPage(
                        messages: [
                            PastMessage(id: "k3f9.7", from: first, time: 1_763_933_812_345, content: .text("hello")),
                            PastMessage(
                                id: "k3f9.8",
                                from: first,
                                time: 1_763_933_812_360,
                                content: .binary([0, 255, 254])
                            ),
                        ],
                        position: "k3f9.1100",
                        missing: 12,
                        hasMore: true,
                        start: .after("k3f9.2")
                    )
                ),
                .status(.away("no server leads the stream")),
                .status(.back),
                .expiring(Expiring(at: 1_763_933_872_000)),
                .rights(Granted(.member, until: NumericDate(seconds: 1_763_937_472))),
                .notice(.slowed),
                .closing(Closing(after: 3_200)),
                .error(Problem(.badName, "A name has 1 to 32 characters.")),
            ]
        )
    }
}
