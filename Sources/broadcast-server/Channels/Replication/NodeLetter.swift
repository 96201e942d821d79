import FoundationEssentials

/// What a node writes to one that has come, and that wants to know who is there.
struct NodeLetter: Sendable {
    enum Content: Sendable {
        /// Whether the writer knows.
        case stage(isCurrent: Bool)
        /// A part of what it knows of one channel.
        case part(ToldChannel.Part)
        /// That was everything, of so many channels.
        case end(channels: Int)
    }

    let node: NodeID
    /// Where the hello stands that it answers.
    let place: SharedPlace
    let content: Content

    init(_ node: NodeID, at place: SharedPlace, _ content: Content) {
        (self.node, self.place, self.content) = (node, place, content)
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = [EntryBatch.version]
        bytes.put(node.rawValue)
        bytes.put(place.rawValue)
        switch content {
        case .stage(let isCurrent):
            bytes.put(UInt8(isCurrent ? 1 : 0))
        case .end(let channels):
            bytes.put(UInt8(2))
            bytes.put(UInt32(channels))
        case .part(let part):
            bytes.put(UInt8(3))
            bytes.put(part.name)
            bytes.put(UInt32(part.index))
            bytes.put(UInt8(part.isLast ? 1 : 0))
            bytes.append(contentsOf: part.bytes)
        }
        return bytes
    }

    /// nil for bytes that are no letter.
    init?(_ bytes: [UInt8]) {
        var reader = ByteFieldsReader(bytes)
        guard reader.number(UInt8.self) == EntryBatch.version, let node = reader.number(UInt64.self),
            let place = reader.number(UInt64.self), let kind = reader.number(UInt8.self)
        else { return nil }
        self.place = SharedPlace(rawValue: place)
        self.node = NodeID(rawValue: node)
        switch kind {
        case 0, 1: content = .stage(isCurrent: kind == 1)
        case 2:
            guard let channels = reader.number(UInt32.self) else { return nil }
            content = .end(channels: Int(channels))
        case 3:
            guard let name = reader.text(), let index = reader.number(UInt32.self),
                let isLast = reader.number(UInt8.self)
            else { return nil }
            content = .part(
                ToldChannel.Part(
                    name: name,
                    index: Int(index),
                    isLast: isLast == 1,
                    bytes: reader.rest()
                )
            )
        default: return nil
        }
    }
}

/// What one node has told so far.
struct ToldState: Sendable {
    private var parts: [String: [ToldChannel.Part]] = [:]
    /// How many channels there are, once that is known.
    var expected: Int?

    mutating func add(_ part: ToldChannel.Part) {
        parts[part.name, default: []].append(part)
    }

    /// All of it; nil while something is missing.
    var channels: [ToldChannel]? {
        guard let expected, parts.count == expected else { return nil }
        let channels = parts.values.compactMap { ToldChannel(parts: $0) }
        return channels.count == expected ? channels : nil
    }
}

/// Who is in a channel, and which keys were spent, as one node tells it another: everything that decides what comes of the
/// entries behind this place of the log.
struct ToldChannel: Sendable, Codable, Equatable {
    struct Member: Sendable, Codable, Equatable {
        var id: UInt64
        /// nil for one that goes by its id.
        var name: String?
        /// The node that has its connection, if it has no session.
        var node: UInt64?
        /// Whether a token says that it is called so; nil if not.
        var isFixed: Bool?
    }

    struct Key: Sendable, Codable, Equatable {
        var text: String
        var id: String
        var receivers: Int
        var count: Int
        var hash: UInt64?
    }

    struct Link: Sendable, Codable, Equatable {
        var node: UInt64
        var number: UInt64
        var since: Int64
    }

    struct Session: Sendable, Codable, Equatable {
        var high: UInt64
        var low: UInt64
        var member: UInt64
        var tag: UInt32
        /// Its connection.
        var link: Link?
        var keys: [Key]
        /// When it lost its connection, by the clock of the log in milliseconds.
        var absentSince: Int64?
        var isAwaited: Bool
    }

    var name: String
    var members: [Member]
    /// Those without a connection in the order in which they lost it.
    var sessions: [Session]
    var publisherKeys: [Key]
    var lastPublisherKey: Int64?

    struct Part: Sendable, Equatable {
        let name: String
        let index: Int
        let isLast: Bool
        let bytes: [UInt8]
    }

    /// It in pieces, each of which fits in a letter.
    func parts(maximumBytes: Int) -> [Part] {
        guard let data = try? JSONEncoder().encode(self) else {
            preconditionFailure("Numbers and texts can be encoded.")
        }
        let bytes = [UInt8](data)
        let starts = Array(stride(from: 0, to: bytes.count, by: maximumBytes))
        return starts.enumerated().map { index, start in
            Part(
                name: name,
                index: index,
                isLast: index == starts.count - 1,
                bytes: Array(bytes[start..<min(start + maximumBytes, bytes.count)])
            )
        }
    }

    /// nil while parts are missing, or when they are none.
    init?(parts: [Part]) {
        guard let last = parts.first(where: \.isLast), parts.count == last.index + 1 else { return nil }
        let bytes = parts.sorted { $0.index < $1.index }.flatMap(\.bytes)
        guard let told = try? JSONDecoder().decode(ToldChannel.self, from: Data(bytes)) else { return nil }
        self = told
    }

    init(name: String) {
        self.name = name
        members = []
        sessions = []
        publisherKeys = []
    }
}
