import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct PublisherKeysTests {
    private var keys = PublisherKeys()
    private let now = ContinuousClock.now

    private static func parcel(_ key: String?, _ texts: String..., name: String = "ann") -> Posting.Parcel {
        let messages = texts.map { Posting.Message(content: .text($0), name: name) }
        return Posting.Parcel(messages: messages, key: key.map(MessageKey.init))
    }

    private static func receipt(_ number: Int) -> Receipt {
        Receipt(id: PositionText(rawValue: "k3.\(number)"), receivers: 2)
    }

    @Test mutating func `what came with a key is known, with the places of all its messages`() throws {
        let parcel = Self.parcel("k", "a", "b")
        #expect(keys.receipts(of: parcel) == nil)
        keys.remember(Self.receipt(7), for: parcel, now: now)
        #expect(keys.receipts(of: parcel) == [Self.receipt(7), Self.receipt(8)])
        try keys.check(Posting(parcels: [parcel]))
    }

    @Test mutating func `what comes without a key is never known`() {
        keys.remember(Self.receipt(1), for: Self.parcel(nil, "a"), now: now)
        #expect(keys.receipts(of: Self.parcel(nil, "a")) == nil)
        #expect(keys.isEmpty)
    }

    @Test mutating func `a key is not to come again with something else`() {
        keys.remember(Self.receipt(1), for: Self.parcel("k", "a"), now: now)
        let others = [
            Self.parcel("k", "b"), Self.parcel("k", "a", name: "bob"), Self.parcel("k", "a", "a"),
            Self.parcel("k", "aa"),
            Posting.Parcel(
                messages: [.init(content: .binary(Array("a".utf8)), name: "ann")],
                key: MessageKey(text: "k")
            ),
        ]
        for other in others {
            #expect(throws: PostingFault.keyWasUsed(MessageKey(text: "k"))) {
                try keys.check(Posting(parcels: [Self.parcel("new", "x"), other]))
            }
        }
    }

    @Test func `nor within a posting`() throws {
        #expect(throws: PostingFault.keyWasUsed(MessageKey(text: "k"))) {
            try keys.check(Posting(parcels: [Self.parcel("k", "a"), Self.parcel("k", "b")]))
        }
        try keys.check(Posting(parcels: [Self.parcel("k", "a"), Self.parcel("k", "a"), Self.parcel(nil, "b")]))
    }

    @Test mutating func `the keys are dropped some time after the last one`() {
        #expect(keys.deadline == nil)
        keys.remember(Self.receipt(1), for: Self.parcel("k", "a"), now: now)
        keys.expire(now: now + PublisherKeys.retention - .seconds(1))
        #expect(!keys.isEmpty)
        keys.remember(Self.receipt(2), for: Self.parcel("l", "a"), now: now + .seconds(5))
        keys.expire(now: now + PublisherKeys.retention)
        #expect(keys.receipts(of: Self.parcel("k", "a")) == [Self.receipt(1)])
        keys.expire(now: now + PublisherKeys.retention + .seconds(5))
        #expect(keys.isEmpty)
        #expect(keys.receipts(of: Self.parcel("k", "a")) == nil)
    }

    @Test mutating func `the oldest key gives way when there are too many`() {
        for number in 0...KeyMemory.capacityOfPublishers {
            keys.remember(Self.receipt(number), for: Self.parcel("\(number)", "a"), now: now)
        }
        #expect(keys.receipts(of: Self.parcel("0", "a")) == nil)
        #expect(keys.receipts(of: Self.parcel("1", "a")) != nil)
    }

    @Test mutating func `without room for one more a channel gives up one of its own`() {
        keys.remember(Self.receipt(1), for: Self.parcel("a", "x"), now: now, hasRoom: false)
        keys.remember(Self.receipt(2), for: Self.parcel("b", "x"), now: now, hasRoom: true)
        #expect(keys.count == 2)
        keys.remember(Self.receipt(3), for: Self.parcel("c", "x"), now: now, hasRoom: false)
        #expect(keys.count == 2)
        #expect(keys.receipts(of: Self.parcel("a", "x")) == nil)
        #expect(keys.receipts(of: Self.parcel("b", "x")) != nil)
    }
}
