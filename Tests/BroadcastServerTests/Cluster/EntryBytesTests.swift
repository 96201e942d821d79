import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct EntryBytesTests {
    private static let session = SessionID(high: 1, low: 2)

    private static var entries: [ChannelEntry] {
        [
            .join(.init(link: 1, identity: .none, name: nil, member: ClientID(number: 7), session: session, since: 5)),
            .join(
                .init(
                    link: 1,
                    identity: .session,
                    name: "ann é",
                    member: ClientID(number: 7),
                    session: session,
                    since: 5
                )
            ),
            .join(
                .init(
                    link: 2,
                    identity: .returning(session),
                    name: "",
                    member: ClientID(number: 8),
                    session: session,
                    since: 1_800_000_000_000
                )
            ),
            .leave(.init(link: 1, member: ClientID(number: 7), session: session, isForGood: true)),
            .leave(.init(link: .max, member: ClientID(number: 7), session: nil, isForGood: false)),
            .rename(.init(link: 1, member: ClientID(number: 7), session: nil, name: "bob")),
            .message(
                .init(
                    link: 1,
                    author: Member(id: ClientID(number: 7), name: "Client 7"),
                    session: session,
                    tag: 3,
                    key: MessageKey(text: "k"),
                    content: .text("hi 👋")
                )
            ),
            .message(
                .init(
                    link: 1,
                    author: Member(id: ClientID(number: 7), name: ""),
                    session: nil,
                    tag: 0,
                    key: nil,
                    content: .binary([0, 255])
                )
            ),
            .posting([
                Posting.Parcel(
                    messages: [.init(content: .text("a"), name: "x"), .init(content: .binary([]), name: "y")],
                    key: MessageKey(text: "k")
                ), Posting.Parcel(messages: [.init(content: .text(""), name: "")], key: nil),
            ]),
            .expire, .forget(session),
        ]
    }

    private static var bytes: [UInt8] {
        EntryBatch.bytes(node: NodeID(rawValue: 5), number: 9, entries)
    }

    @Test func `a batch is read as it was written`() throws {
        let batch = try EntryBatch(Self.bytes)
        #expect(batch.node == NodeID(rawValue: 5) && batch.number == 9)
        #expect(try batch.entries() == Self.entries)
    }

    @Test func `what is cut short is no batch, and does no harm`() {
        let bytes = Self.bytes
        var ends = Set([EntryBatch.headBytes])
        for count in 1...Self.entries.count {
            ends.insert(EntryBatch.bytes(node: NodeID(rawValue: 5), number: 9, Self.entries.prefix(count)).count)
        }
        for count in 0..<bytes.count {
            let entries = try? EntryBatch(Array(bytes.prefix(count))).entries()
            #expect((entries != nil) == ends.contains(count))
        }
    }

    @Test(arguments: entries)
    func `an entry takes no more than it is counted for`(entry: ChannelEntry) {
        let bytes = EntryBatch.bytes(node: NodeID(rawValue: 5), number: 9, [entry])
        #expect(bytes.count - EntryBatch.headBytes <= entry.maximumByteCount)
    }

    @Test func `another version is said to be one`() {
        var bytes = Self.bytes
        bytes[0] += 1
        #expect(throws: EntryFault.otherVersion) { try EntryBatch(bytes) }
    }

    @Test(arguments: [NodeEntry.hello(NodeID(rawValue: 1)), .begin(NodeID(rawValue: 2)), .lost(NodeID(rawValue: 3))])
    func `an entry of the nodes is read as it was written`(entry: NodeEntry) throws {
        #expect(try NodeEntry(entry.bytes) == entry)
    }
}

extension EntryBatch {
    fileprivate func entries() throws -> [ChannelEntry] {
        var (rest, entries) = (self, [ChannelEntry]())
        while let entry = try rest.next() { entries.append(entry) }
        return entries
    }
}
