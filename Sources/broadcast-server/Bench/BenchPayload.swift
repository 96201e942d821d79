import LWSSwift

/// What a message of the bench says: when it was to be sent, and by whom. Text, so that it goes the way that people's messages
/// go; whatever the server puts before it, it is the end of what is delivered.
struct BenchPayload: Equatable {
    /// The time of ``BenchClock`` that was planned.
    let plannedAt: UInt64
    let publisher: Int

    private static let timeDigits = 16
    private static let publisherDigits = 6
    static let minimumBytes = timeDigits + publisherDigits

    init(plannedAt: UInt64, publisher: Int) {
        self.plannedAt = plannedAt
        self.publisher = publisher
    }

    func message(ofBytes size: Int) -> WebSocketMessage {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        Self.append(plannedAt, digits: Self.timeDigits, to: &bytes)
        Self.append(UInt64(publisher), digits: Self.publisherDigits, to: &bytes)
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "."), count: size - bytes.count))
        return .text(String(decoding: bytes, as: UTF8.self))
    }

    /// Reads it at the end of a message of the server; nil for what it says otherwise.
    init?(endOf message: borrowing BorrowedMessage, ofBytes size: Int) {
        let bytes = message.bytes
        guard message.kind == .text, bytes.byteCount >= size else { return nil }
        let start = bytes.byteCount - size
        guard let time = Self.number(bytes, at: start, digits: Self.timeDigits),
            let publisher = Self.number(bytes, at: start + Self.timeDigits, digits: Self.publisherDigits)
        else { return nil }
        plannedAt = time
        self.publisher = Int(publisher)
    }

    private static func append(_ number: UInt64, digits: Int, to bytes: inout [UInt8]) {
        for place in (0..<digits).reversed() { bytes.append(UInt8(ascii: "a") + UInt8(number >> (4 * place) & 15)) }
    }

    private static func number(_ bytes: RawSpan, at start: Int, digits: Int) -> UInt64? {
        var number: UInt64 = 0
        for offset in start..<start + digits {
            let digit = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) &- UInt8(ascii: "a")
            guard digit < 16 else { return nil }
            number = number << 4 | UInt64(digit)
        }
        return number
    }
}
