/// A question for a part of what was said before.
struct Fetch: Sendable, Equatable {
    /// How many messages may be asked for at once.
    static let limits = 1...100
    static let defaultLimit = 50

    /// Where the part begins, and in which direction it goes.
    enum Start: Sendable, Equatable {
        case after(PositionText)
        case before(PositionText)
        /// Before what comes next: the latest there are. Asked for over HTTP only.
        case latest
    }

    var start: Start
    /// At most so many messages.
    var limit = defaultLimit
}

extension Fetch.Start: Codable {
    private enum Field: String, CodingKey {
        case after, before
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Field.self)
        let after = try fields.decodeIfPresent(PositionText.self, forKey: .after)
        let before = try fields.decodeIfPresent(PositionText.self, forKey: .before)
        switch (after, before) {
        case (let after?, nil): self = .after(after)
        case (nil, let before?): self = .before(before)
        default:
            let context = DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "after or before")
            throw DecodingError.dataCorrupted(context)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Field.self)
        switch self {
        case .after(let position): try fields.encode(position, forKey: .after)
        case .before(let position): try fields.encode(position, forKey: .before)
        case .latest: break
        }
    }
}
