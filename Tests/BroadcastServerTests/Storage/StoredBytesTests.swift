import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct StoredBytesTests {
    private static func record(_ number: UInt64, _ message: WebSocketMessage, tag: UInt64? = nil) -> BroadcastRecord {
        BroadcastRecord(
            position: BroadcastGroup.Position(epoch: 7, number: number),
            time: 1_763_933_812_345,
            message: message,
            envelope: Author(member: ann, form: .text, epoch: 7).envelope,
            tag: tag.map { BroadcastGroup.SessionTag($0) }
        )
    }

    private static let ann = Member(id: ClientID(number: 3), name: "ann 👋")

    @Test func `what was said is read as it was written`() {
        var bytes = RecordBytes()
        bytes.append(Self.record(5, "hi 👋", tag: 9))
        bytes.append(Self.record(6, .binary([0, 255, 10])))
        bytes.append(Self.record(7, ""))
        let expected = [(5, "hi 👋", 9), (6, .binary([0, 255, 10]), 0), (7, "", 0)].map {
            (number: UInt64, message: WebSocketMessage, tag: UInt32) in
            StoredRecord(number: number, time: 1_763_933_812_345, tag: tag, author: Self.ann, message: message)
        }
        #expect(bytes.first == 5 && bytes.last == 7)
        #expect(StoredRecord.all(in: bytes.bytes) == expected)
    }

    @Test func `what is cut short, or holds no text, is not read`() {
        var bytes = RecordBytes()
        bytes.append(Self.record(5, "hi 👋"))
        for count in 1..<bytes.bytes.count {
            #expect(StoredRecord.all(in: Array(bytes.bytes[..<count])) == nil)
        }
        var broken = bytes.bytes
        broken[broken.count - 1] = 0xFF
        #expect(StoredRecord.all(in: broken) == nil)
    }

    @Test func `keys are read as they were written`() {
        let session = SessionID.random()
        var bytes = KeyBytes()
        bytes.append(SpentKey(session: session, key: MessageKey(text: "é"), number: 1 << 41, receivers: 12, total: 8))
        bytes.append(SpentKey(session: session, key: MessageKey(text: "x"), number: 2, receivers: 0, total: 9))
        #expect(bytes.total == 9)
        #expect(
            StoredKey.all(in: bytes.bytes, of: session) == [
                StoredKey(key: MessageKey(text: "é"), number: 1 << 41, receivers: 12),
                StoredKey(key: MessageKey(text: "x"), number: 2, receivers: 0),
            ]
        )
        #expect(StoredKey.all(in: bytes.bytes.dropLast(), of: session) == nil)
    }

    @Test func `keys of publishers are read with what came with them`() {
        var bytes = KeyBytes()
        let key = MessageKey(text: "k")
        bytes.append(
            SpentKey(
                session: .ofPublishers,
                key: key,
                number: 7,
                receivers: 2,
                count: 3,
                contentHash: 1 << 63,
                total: 1
            )
        )
        #expect(
            StoredKey.all(in: bytes.bytes, of: .ofPublishers) == [
                StoredKey(key: key, number: 7, receivers: 2, count: 3, contentHash: 1 << 63)
            ]
        )
        #expect(StoredKey.all(in: bytes.bytes.dropLast(), of: .ofPublishers) == nil)
    }

    @Test func `every change of a byte changes the checksum, and so does the file it is in`() {
        func sum(_ bytes: [UInt8], identity: UInt64 = 1) -> UInt64 {
            var sum = Checksum(identity)
            sum.add(bytes)
            return sum.value
        }
        let bytes = (0..<27).map { UInt8($0) }
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                #expect(sum(changed) != sum(bytes))
            }
        }
        #expect(sum(bytes) != sum(bytes + [0]))
        #expect(sum(bytes) != sum(bytes, identity: 2))
    }

    @Test func `the file of another server has time stand still`() {
        func carried(lost: Int64?, hasPlace: Bool) -> StoredSession? {
            StoredSession(member: ClientID(number: 1), tag: 1, name: nil, lost: lost, hasPlace: hasPlace)
                .carried(from: 1_000_000, to: 9_000_000, grace: .seconds(30))
        }
        #expect(carried(lost: nil, hasPlace: true)?.lost == 9_000_000, "it was connected")
        #expect(carried(lost: 980_000, hasPlace: true)?.hasPlace == true, "its grace begins anew")
        #expect(carried(lost: 980_000, hasPlace: true)?.lost == 9_000_000)
        #expect(carried(lost: 960_000, hasPlace: true)?.hasPlace == false, "its grace was over")
        #expect(carried(lost: 960_000, hasPlace: false)?.lost == 8_960_000)
        #expect(carried(lost: 400_000, hasPlace: false) == nil, "it was forgotten")
    }

    @Test func `numbers that nobody can know of are not counted as missing`() {
        let jump = NumberJump.size
        #expect(NumberJump.publications(in: 12) == 12)
        #expect(NumberJump.publications(in: jump + 12) == 12)
        #expect(NumberJump.publications(in: 2 * jump) == 0)
        #expect(NumberJump.publications(in: jump - 5) == 0, "the client has seen what the disk has not")
        #expect(NumberJump.isIn(jump - 5) && !NumberJump.isIn(1_000_000))
    }
}
