/// What the header of a token says that is heeded: how it was signed, and which key with. Keys and addresses of keys that it
/// may bring along are not.
struct TokenHeader: Decodable {
    let algorithm: SignatureAlgorithm
    /// Which of several keys.
    let keyID: String?

    private enum Field: String, CodingKey {
        case alg, kid, crit
    }

    /// - Throws: a ``TokenFault``.
    init(from decoder: any Decoder) throws {
        guard let fields = try? decoder.container(keyedBy: Field.self),
            let word = try? fields.decode(String.self, forKey: .alg)
        else { throw TokenFault.badHeader }
        if fields.contains(.crit) { throw TokenFault.critical }
        guard let algorithm = SignatureAlgorithm(rawValue: word) else { throw TokenFault.unknownAlgorithm }
        self.algorithm = algorithm
        if fields.contains(.kid) {
            guard let id = try? fields.decode(String.self, forKey: .kid) else { throw TokenFault.badHeader }
            keyID = id
        } else {
            keyID = nil
        }
    }
}
