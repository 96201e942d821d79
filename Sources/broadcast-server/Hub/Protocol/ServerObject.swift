/// What the server says to a client.
enum ServerObject: Sendable, Equatable {
    case welcome(Welcome)
    case message(ChatMessage)
    case joined(Presence)
    case left(Presence)
    case renamed(Renaming)
    case ack(Acknowledgement)
    case error(Problem)
    /// Of a type that this version does not know: to be ignored.
    case unknown(type: String)
}

/// A member as the others see it.
struct Member: Sendable, Equatable, Codable {
    var id: ClientID
    /// `Client <id>` for one that has taken none.
    var name: String
}

/// Who the client is and where it has come to: the first object of a connection.
struct Welcome: Sendable, Equatable, Codable {
    var id: ClientID
    /// To be passed when connecting again, so that keys are recognized.
    var session: String
    /// Empty for the default channel.
    var channel: String
    var name: String
    /// The number of members, this one included.
    var count: Int
    /// Everybody in order of their ids, this one included; nil in a channel with too many.
    var members: [Member]?
}

/// What somebody said.
struct ChatMessage: Sendable, Equatable, Codable {
    /// Grows within a channel.
    var id: UInt64
    var from: Member
    /// Milliseconds since 1970-01-01 00:00 UTC.
    var time: Int64
    var text: String
}

/// Who came or left, and how many there are now.
struct Presence: Sendable, Equatable, Codable {
    var member: Member
    var count: Int
}

/// Who has another name than before.
struct Renaming: Sendable, Equatable, Codable {
    /// With the new name.
    var member: Member
    var was: String
}

/// The message of this key was taken.
struct Acknowledgement: Sendable, Equatable, Codable {
    var key: String
    /// The id that the message has for the others.
    var id: UInt64
}

/// Why something from the client was not taken, or did not reach it.
struct Problem: Error, Sendable, Equatable, Codable {
    /// Open, as later servers may have further codes.
    struct Code: RawRepresentable, Sendable, Hashable, Codable {
        let rawValue: String

        static let badObject = Code(rawValue: "bad-object")
        static let unknownType = Code(rawValue: "unknown-type")
        static let badField = Code(rawValue: "bad-field")
        static let badName = Code(rawValue: "bad-name")
        static let messagesLost = Code(rawValue: "messages-lost")
    }

    var code: Code
    /// One line for people.
    var message: String
    /// Of the message that was not taken, if it had a valid one.
    var key: String?

    init(_ code: Code, _ message: String, key: String? = nil) {
        self.code = code
        self.message = message
        self.key = key
    }
}

extension ServerObject: Codable {
    private enum Kind: String {
        case welcome, message, joined, left, renamed, ack, error
    }

    init(from decoder: any Decoder) throws {
        let type = try decoder.container(keyedBy: ChatProtocol.TypeField.self).decode(String.self, forKey: .type)
        self =
            switch Kind(rawValue: type) {
            case .welcome: .welcome(try Welcome(from: decoder))
            case .message: .message(try ChatMessage(from: decoder))
            case .joined: .joined(try Presence(from: decoder))
            case .left: .left(try Presence(from: decoder))
            case .renamed: .renamed(try Renaming(from: decoder))
            case .ack: .ack(try Acknowledgement(from: decoder))
            case .error: .error(try Problem(from: decoder))
            case nil: .unknown(type: type)
            }
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .welcome(let content): try Self.encode(.welcome, content, to: encoder)
        case .message(let content): try Self.encode(.message, content, to: encoder)
        case .joined(let content): try Self.encode(.joined, content, to: encoder)
        case .left(let content): try Self.encode(.left, content, to: encoder)
        case .renamed(let content): try Self.encode(.renamed, content, to: encoder)
        case .ack(let content): try Self.encode(.ack, content, to: encoder)
        case .error(let content): try Self.encode(.error, content, to: encoder)
        case .unknown(let type): try Self.encode(type, to: encoder)
        }
    }

    /// The type stands in the same object as the content.
    private static func encode(_ kind: Kind, _ content: some Encodable, to encoder: any Encoder) throws {
        try encode(kind.rawValue, to: encoder)
        try content.encode(to: encoder)
    }

    private static func encode(_ type: String, to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: ChatProtocol.TypeField.self)
        try fields.encode(type, forKey: .type)
    }
}
