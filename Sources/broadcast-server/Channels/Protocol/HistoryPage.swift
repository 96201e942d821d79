import FoundationEssentials

/// A part of what was said before, oldest first: the answer to a ``Fetch``.
struct HistoryPage: Sendable, Equatable {
    var messages: [PastMessage]
    /// Where the channel was when it answered.
    var position: PositionText
    /// How many between the asked position and the first of these are not kept any more.
    var missing: UInt64 = 0
    /// Whether some are missing there, nobody knows how many: in a cluster they are not counted.
    var isIncomplete = false
    /// Whether there is more in the direction that was asked for.
    var hasMore: Bool
    /// As it was asked for.
    var start: Fetch.Start
}

/// A message of the past, text or binary.
struct PastMessage: Sendable, Equatable {
    enum Content: Sendable, Equatable {
        case text(String)
        case binary([UInt8])
    }

    var id: PositionText
    var from: Member
    /// When it got its place: milliseconds since 1970-01-01 00:00 UTC.
    var time: Int64
    var content: Content
}

/// `missing` and `incomplete` are there only when there is something missing.
extension HistoryPage: Codable {
    private enum Field: String, CodingKey {
        case messages, position, missing, incomplete, more
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Field.self)
        messages = try fields.decode([PastMessage].self, forKey: .messages)
        position = try fields.decode(PositionText.self, forKey: .position)
        missing = try fields.decodeIfPresent(UInt64.self, forKey: .missing) ?? 0
        isIncomplete = try fields.decodeIfPresent(Bool.self, forKey: .incomplete) ?? false
        hasMore = try fields.decode(Bool.self, forKey: .more)
        start = try Fetch.Start(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Field.self)
        try fields.encode(messages, forKey: .messages)
        try fields.encode(position, forKey: .position)
        if missing > 0 { try fields.encode(missing, forKey: .missing) }
        if isIncomplete { try fields.encode(true, forKey: .incomplete) }
        try fields.encode(hasMore, forKey: .more)
        try start.encode(to: encoder)
    }
}

/// The content is `text`, or `binary` in base64.
extension PastMessage: Codable {
    private enum Field: String, CodingKey {
        case id, from, time, text, binary
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Field.self)
        id = try fields.decode(PositionText.self, forKey: .id)
        from = try fields.decode(Member.self, forKey: .from)
        time = try fields.decode(Int64.self, forKey: .time)
        if let data = try fields.decodeIfPresent(Data.self, forKey: .binary) {
            content = .binary(Array(data))
        } else {
            content = .text(try fields.decode(String.self, forKey: .text))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Field.self)
        try fields.encode(id, forKey: .id)
        try fields.encode(from, forKey: .from)
        try fields.encode(time, forKey: .time)
        switch content {
        case .text(let text): try fields.encode(text, forKey: .text)
        case .binary(let bytes): try fields.encode(Data(bytes), forKey: .binary)
        }
    }
}
