import LWSSwift

/// Publications as they stand in a row, one behind the other: to write each into a row of its own would cost more than to send
/// it to dozens of members.
struct RecordBytes: Sendable {
    /// A row ends before it grows beyond this, though never before its first publication: what the history has let go is
    /// deleted by whole rows.
    static let maximumBytes = 64 << 10

    private(set) var first: UInt64 = 0
    private(set) var last: UInt64 = 0
    private(set) var bytes: [UInt8] = []

    /// Whether another publication would go beyond a row.
    func isFull(before count: Int) -> Bool {
        !bytes.isEmpty && bytes.count + count > Self.maximumBytes
    }

    /// - Parameter author: as ``bytes(of:)`` has it.
    mutating func append(_ record: borrowing BroadcastRecords.Lent, by author: [UInt8]) {
        append(record.number, record.time, record.tag, record.message, by: author)
    }

    mutating func append(_ record: BroadcastRecord) {
        let author = Self.bytes(of: record.envelope?.userInfo as? Member)
        append(record.position.number, record.time, record.tag, record.message.borrowed, by: author)
    }

    private mutating func append(
        _ number: UInt64,
        _ time: Int64,
        _ tag: BroadcastGroup.SessionTag?,
        _ message: BorrowedMessage,
        by author: [UInt8]
    ) {
        if bytes.isEmpty { first = number }
        last = number
        bytes.put(message.kind == .text ? UInt8(0) : 1)
        bytes.put(UInt32(truncatingIfNeeded: tag?.number ?? 0))
        bytes.put(number)
        bytes.put(time)
        bytes.append(contentsOf: author)
        bytes.put(UInt32(message.bytes.byteCount))
        unsafe message.bytes.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    static func bytes(of author: Member?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.put(author?.id.number ?? 0)
        bytes.put(author?.name ?? "")
        return bytes
    }
}

/// A publication that was written down.
struct StoredRecord: Sendable, Equatable {
    var number: UInt64
    var time: Int64
    var tag: UInt32
    var author: Member
    var message: WebSocketMessage

    /// Those of a row; nil when it holds something else.
    static func all(in bytes: [UInt8]) -> [StoredRecord]? {
        var reader = ByteFieldsReader(bytes)
        var records: [StoredRecord] = []
        while !reader.isAtEnd {
            guard let kind = reader.number(UInt8.self), kind <= 1,
                let tag = reader.number(UInt32.self),
                let number = reader.number(UInt64.self),
                let time = reader.number(Int64.self),
                let id = reader.number(UInt64.self), let name = reader.text(),
                let count = reader.number(UInt32.self), let content = reader.bytes(Int(count)),
                let message = kind == 0 ? WebSocketMessage.text(validating: content) : .binary(content)
            else { return nil }
            records.append(
                StoredRecord(
                    number: number,
                    time: time,
                    tag: tag,
                    author: Member(id: ClientID(number: id), name: name),
                    message: message
                )
            )
        }
        return records
    }
}
