/// The publications of one turn of a group's first loop, lent for the time of a call: see
/// ``BroadcastGroup/onRecords(_:)``. Nothing is copied of those that are only looked at.
public struct BroadcastRecords: ~Copyable {
    private let records: [BroadcastRecord.Stored]
    private let plain: BroadcastEnvelope
    /// The place of the group's last publication.
    public let position: BroadcastGroup.Position
    /// The number of the oldest publication that the history keeps; nil when it keeps none.
    public let oldest: UInt64?

    init(
        _ records: [BroadcastRecord.Stored],
        plain: BroadcastEnvelope,
        position: BroadcastGroup.Position,
        oldest: UInt64?
    ) {
        self.records = records
        self.plain = plain
        self.position = position
        self.oldest = oldest
    }

    /// How many there are: without those that are larger than the history may be.
    public var count: Int { records.count }

    /// Calls `body` with each of them, in their order.
    public func forEach(_ body: (_ record: borrowing Lent) -> Void) {
        for record in records {
            record.withMessage { message in
                body(
                    Lent(
                        number: record.number,
                        time: record.time,
                        message: message,
                        envelope: record.envelope === plain ? nil : record.envelope,
                        tag: record.tag
                    )
                )
            }
        }
    }

    /// One of them, as a ``BroadcastRecord`` would have it.
    public struct Lent: ~Escapable {
        public let number: UInt64
        /// Milliseconds since 1970-01-01 00:00 UTC.
        public let time: Int64
        public let message: BorrowedMessage
        /// nil for one that all got as it was.
        public let envelope: BroadcastEnvelope?
        public let tag: BroadcastGroup.SessionTag?

        @_lifetime(copy message)
        init(
            number: UInt64,
            time: Int64,
            message: BorrowedMessage,
            envelope: BroadcastEnvelope?,
            tag: BroadcastGroup.SessionTag?
        ) {
            self.number = number
            self.time = time
            self.message = message
            self.envelope = envelope
            self.tag = tag
        }
    }
}
