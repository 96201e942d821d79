import HTTPTypes
import LWSSwift

/// The token that a client shows, wherever it is. The first of these places counts that has one:
///
/// 1. the field `Authorization: Bearer TOKEN` (RFC 6750 section 2.1),
/// 2. the subprotocol `broadcast.bearer.TOKEN`, in base64url, of browsers, whose pages cannot set that field,
/// 3. a cookie, if the server has a name for one,
/// 4. the parameter `token` of the URL, as a last resort: URLs get into the logs of others.
enum PresentedToken: Equatable {
    case none
    case token(String)
    /// There is something in a place for tokens that is none.
    case malformed

    /// Before the token in a subprotocol that a client offers; it is never agreed on, since that would send it back.
    static let subprotocolPrefix = "broadcast.bearer."
    /// The parameter of the URL.
    static let parameter = "token"

    /// - Parameters:
    ///   - authorization: the field; nil for none.
    ///   - subprotocols: those that are offered.
    ///   - cookies: the field `Cookie`, unless none can have a token.
    ///   - query: of the URL, as it was sent.
    init(authorization: String?, subprotocols: [String] = [], cookie: String?, query: String) {
        if let authorization {
            self = Self.bearer(authorization)
        } else if let offered = subprotocols.last(where: { $0.hasPrefix(Self.subprotocolPrefix) }) {
            let bytes = Base64URL.decode(offered.dropFirst(Self.subprotocolPrefix.count).utf8)
            self = Self.checked(bytes.flatMap { String(validating: $0, as: UTF8.self) })
        } else if let cookie {
            self = Self.checked(cookie)
        } else if query.contains(Self.parameter), let token = QueryParameters(query)[Self.parameter] {
            self = Self.checked(token)
        } else {
            self = .none
        }
    }

    private static func bearer(_ field: String) -> PresentedToken {
        let words = field.utf8.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 2, words[0].lowercased() == "bearer" else { return .malformed }
        return checked(words[1])
    }

    /// A token is of visible ASCII.
    private static func checked(_ text: String?) -> PresentedToken {
        guard let text, !text.isEmpty, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return .malformed }
        return .token(text)
    }
}

extension PresentedToken {
    /// - Parameter cookieName: of the cookie that may have one; nil for none.
    init(_ request: HandshakeRequest, cookieName: String?) {
        let field = cookieName == nil ? nil : request[.cookie]
        self.init(
            authorization: request[.authorization],
            subprotocols: request.subprotocols,
            cookie: cookieName.flatMap { name in field.flatMap { CookieField.value(of: name, in: $0) } },
            query: request.query
        )
    }

    init(_ request: HTTPServerRequest, cookieName: String?) {
        let field = cookieName == nil ? nil : request[.cookie]
        self.init(
            authorization: request[.authorization],
            cookie: cookieName.flatMap { name in field.flatMap { CookieField.value(of: name, in: $0) } },
            query: request.query
        )
    }
}
