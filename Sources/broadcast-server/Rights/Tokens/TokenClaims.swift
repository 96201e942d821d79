/// What a token says (RFC 7519 section 4.1), as far as it is heeded. Each claim may be missing; one that is there is of its form.
struct TokenClaims: Decodable, Sendable {
    enum Name: String, CodingKey {
        case iss, sub, aud, exp, nbf, iat, jti, name, channels

        /// What it has to be, as the end of a sentence.
        var rule: String {
            switch self {
            case .iss: "no text of 1 to \(TokenClaims.maximumTextBytes) bytes"
            case .jti: "no line of 1 to \(TokenClaims.maximumTextBytes) bytes without spaces around it"
            case .sub: "no printable text of 1 to \(TokenClaims.maximumTextBytes) bytes without spaces around it"
            case .aud: "neither a text nor a list of texts"
            case .exp, .nbf, .iat: "no number of seconds since 1970"
            case .name: "no name that a member can have"
            case .channels: "neither a list nor an object"
            }
        }
    }

    /// Of a text that is kept as long as somebody is connected with the token.
    static let maximumTextBytes = 255

    let issuer: String?
    let subject: String?
    let audience: [String]?
    let expiry: NumericDate?
    let notBefore: NumericDate?
    /// What tells it from all other tokens of its issuer.
    let id: String?
    let name: MemberName?
    let rights: Rights?

    /// - Throws: a ``TokenFault``.
    init(from decoder: any Decoder) throws {
        guard let claims = try? decoder.container(keyedBy: Name.self) else { throw TokenFault.badClaims }
        issuer = try Self.text(claims, .iss)
        subject = try Self.text(claims, .sub)
        if let subject, !PrintableText.isPrintable(subject) || !Self.isWord(subject) { throw TokenFault.badClaim(.sub) }
        id = try Self.text(claims, .jti)
        if let id, !Self.isWord(id) { throw TokenFault.badClaim(.jti) }
        audience = try Self.texts(claims, .aud)
        expiry = try Self.date(claims, .exp)
        notBefore = try Self.date(claims, .nbf)
        _ = try Self.date(claims, .iat)
        do {
            name = try Self.text(claims, .name).map { text throws(Problem) in try MemberName(text) }
        } catch is Problem {
            throw TokenFault.badClaim(.name)
        }
        do {
            rights = claims.contains(.channels) ? try claims.decode(Rights.self, forKey: .channels) : nil
        } catch let fault as RightsFault {
            throw TokenFault.badRights(fault)
        } catch {
            throw TokenFault.badClaim(.channels)
        }
    }

    /// Whether a line of a file can have it: otherwise it could not be revoked.
    static func isWord(_ text: String) -> Bool {
        1...maximumTextBytes ~= text.utf8.count && text.first != " " && text.last != " "
            && !text.unicodeScalars.contains { scalar in
                scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}"
            }
    }

    private static func text(_ claims: KeyedDecodingContainer<Name>, _ name: Name) throws(TokenFault) -> String? {
        guard claims.contains(name) else { return nil }
        guard let text = try? claims.decode(String.self, forKey: name), 1...maximumTextBytes ~= text.utf8.count else {
            throw .badClaim(name)
        }
        return text
    }

    /// One text, or a list of them (RFC 7519 section 4.1.3).
    private static func texts(_ claims: KeyedDecodingContainer<Name>, _ name: Name) throws(TokenFault) -> [String]? {
        guard claims.contains(name) else { return nil }
        if let text = try? claims.decode(String.self, forKey: name) { return [text] }
        guard let texts = try? claims.decode([String].self, forKey: name) else { throw .badClaim(name) }
        return texts
    }

    private static func date(_ claims: KeyedDecodingContainer<Name>, _ name: Name) throws(TokenFault) -> NumericDate? {
        guard claims.contains(name) else { return nil }
        guard let seconds = try? claims.decode(Double.self, forKey: name), let date = NumericDate(seconds: seconds)
        else {
            throw .badClaim(name)
        }
        return date
    }
}
