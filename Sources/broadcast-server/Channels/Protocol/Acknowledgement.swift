/// The message of this key was taken.
struct Acknowledgement: Sendable, Equatable {
    /// Where a message is kept. Open, as later servers may have further places.
    struct Storage: RawRepresentable, Sendable, Hashable, Codable {
        let rawValue: String

        static let memory = Storage(.memory)
        static let disk = Storage(.disk)

        init(rawValue: String) {
            self.rawValue = rawValue
        }

        init(_ stored: Stored) {
            rawValue = stored.rawValue
        }
    }

    var key: String
    /// The id that the message has for the others.
    var id: PositionText
    /// How many members it was for when it got its place.
    var receivers: Int
    var stored: Storage
    /// Whether the message had come with this key before, and was not taken again.
    var isDuplicate = false

    /// Whether it tells how far its client has come: others' messages may have come in between when it is given once more, or
    /// waited for the disk.
    var isInOrder: Bool { !isDuplicate && stored == .memory }
}

/// `duplicate` is there only when it is true.
extension Acknowledgement: Codable {
    private enum Field: String, CodingKey {
        case key, id, receivers, stored, duplicate
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Field.self)
        key = try fields.decode(String.self, forKey: .key)
        id = try fields.decode(PositionText.self, forKey: .id)
        receivers = try fields.decode(Int.self, forKey: .receivers)
        stored = try fields.decode(Storage.self, forKey: .stored)
        isDuplicate = try fields.decodeIfPresent(Bool.self, forKey: .duplicate) ?? false
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Field.self)
        try fields.encode(key, forKey: .key)
        try fields.encode(id, forKey: .id)
        try fields.encode(receivers, forKey: .receivers)
        try fields.encode(stored, forKey: .stored)
        if isDuplicate { try fields.encode(true, forKey: .duplicate) }
    }
}
