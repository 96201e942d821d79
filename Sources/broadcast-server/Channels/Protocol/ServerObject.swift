/// What the server says to a client.
enum ServerObject: Sendable, Equatable {
    case welcome(Welcome)
    case message(ChatMessage)
    case joined(Presence)
    case left(Presence)
    case renamed(Renaming)
    /// Who is here, anew.
    case members(Attendance)
    /// How far the client has come, by what it need not see.
    case position(PositionText)
    case gap(Gap)
    case ack(Acknowledgement)
    case history(HistoryPage)
    case status(Status)
    case rights(Granted)
    case expiring(Expiring)
    case notice(Notice)
    case closing(Closing)
    case error(Problem)
    /// Of a type that this version does not know: to be ignored.
    case unknown(type: String)
}

extension ServerObject {
    /// What its field `type` holds, and what an event stream calls it.
    var type: String {
        switch self {
        case .welcome: Kind.welcome.rawValue
        case .message: Kind.message.rawValue
        case .joined: Kind.joined.rawValue
        case .left: Kind.left.rawValue
        case .renamed: Kind.renamed.rawValue
        case .members: Kind.members.rawValue
        case .position: Kind.position.rawValue
        case .gap: Kind.gap.rawValue
        case .ack: Kind.ack.rawValue
        case .history: Kind.history.rawValue
        case .status: Kind.status.rawValue
        case .rights: Kind.rights.rawValue
        case .expiring: Kind.expiring.rawValue
        case .notice: Kind.notice.rawValue
        case .closing: Kind.closing.rawValue
        case .error: Kind.error.rawValue
        case .unknown(let type): type
        }
    }
}

extension ServerObject: Codable {
    private enum Kind: String {
        case welcome, message, joined, left, renamed, members, position, gap, ack, history, status, rights, expiring,
            notice, closing, error
    }

    /// What an object of the type `position` has besides.
    private struct Progress: Codable {
        var id: PositionText
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
            case .members: .members(try Attendance(from: decoder))
            case .position: .position(try Progress(from: decoder).id)
            case .gap: .gap(try Gap(from: decoder))
            case .ack: .ack(try Acknowledgement(from: decoder))
            case .history: .history(try HistoryPage(from: decoder))
            case .status: .status(try Status(from: decoder))
            case .rights: .rights(try Granted(from: decoder))
            case .expiring: .expiring(try Expiring(from: decoder))
            case .notice: .notice(try Notice(from: decoder))
            case .closing: .closing(try Closing(from: decoder))
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
        case .members(let content): try Self.encode(.members, content, to: encoder)
        case .position(let id): try Self.encode(.position, Progress(id: id), to: encoder)
        case .gap(let content): try Self.encode(.gap, content, to: encoder)
        case .ack(let content): try Self.encode(.ack, content, to: encoder)
        case .history(let content): try Self.encode(.history, content, to: encoder)
        case .status(let content): try Self.encode(.status, content, to: encoder)
        case .rights(let content): try Self.encode(.rights, content, to: encoder)
        case .expiring(let content): try Self.encode(.expiring, content, to: encoder)
        case .notice(let content): try Self.encode(.notice, content, to: encoder)
        case .closing(let content): try Self.encode(.closing, content, to: encoder)
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
