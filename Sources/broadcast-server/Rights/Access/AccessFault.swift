import LWSSwift

/// Why somebody is not let do something, for that one and for the log.
enum AccessFault: Error, Equatable {
    /// It is not for everybody, and no token was shown.
    case noToken
    /// What was shown is no token.
    case malformed
    /// The token does not hold.
    case token(TokenFault)
    /// What was granted does not have these rights in the channel.
    case forbidden(ChannelRights)
    /// The name is of somebody with a token.
    case nameTaken
    /// The token says what its bearer is called.
    case nameIsFixed
    /// The token is of somebody else than who has shown the one before.
    case otherSubject
    /// What it was granted has changed, and with that how it is told things.
    case rightsHaveChanged
}

extension AccessFault: CustomStringConvertible {
    var description: String {
        switch self {
        case .noToken: "A token is needed here."
        case .malformed: "What was shown as a token is none."
        case .token(let fault): fault.description
        case .forbidden(let rights):
            "The right to \(rights.words.joined(separator: " and ")) in this channel is missing."
        case .nameTaken: "This name is of somebody with a token: choose another one."
        case .nameIsFixed: "The token says what its bearer is called."
        case .otherSubject: "The token is of somebody else: connect anew with it."
        case .rightsHaveChanged: "What the token grants has changed: connect again."
        }
    }

    /// A word that programs can go by.
    var code: Problem.Code {
        switch self {
        case .noToken: .noToken
        case .token(.expired): .tokenExpired
        case .token(.busy): .busy
        case .malformed, .token, .otherSubject: .badToken
        case .forbidden, .nameIsFixed, .rightsHaveChanged: .forbidden
        case .nameTaken: .nameTaken
        }
    }

    /// How the connection of a member is closed (docs/protocol.md, *Close codes*).
    var closeCode: WebSocketCloseCode {
        switch self {
        case .token(.busy): .tryAgainLater
        case .token(.revoked), .forbidden, .nameTaken, .nameIsFixed: .notAllowed
        case .noToken, .malformed, .token, .otherSubject: .tokenNeeded
        case .rightsHaveChanged: .comeBackAtOnce
        }
    }

    /// As a member is told.
    var problem: Problem { Problem(code, description) }
}

extension Problem.Code {
    static let noToken = Problem.Code(rawValue: "no-token")
    static let badToken = Problem.Code(rawValue: "bad-token")
    static let tokenExpired = Problem.Code(rawValue: "token-expired")
    static let busy = Problem.Code(rawValue: "busy")
    static let forbidden = Problem.Code(rawValue: "forbidden")
    static let nameTaken = Problem.Code(rawValue: "name-taken")
}

/// Those of an application, in ranges that say what a client does: 40xx not to come back, 41xx to come back later, 42xx to come
/// back at once; and 44xx that it needs another token before.
extension WebSocketCloseCode {
    /// It may not be here.
    static let notAllowed = WebSocketCloseCode(rawValue: 4003)
    /// What it is told, and how, has changed.
    static let comeBackAtOnce = WebSocketCloseCode(rawValue: 4200)
    /// Its token holds no more, or it needs one.
    static let tokenNeeded = WebSocketCloseCode(rawValue: 4401)
}
