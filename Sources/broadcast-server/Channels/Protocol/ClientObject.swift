/// What a client says to the server.
enum ClientObject: Sendable, Equatable {
    /// Goes to all others. With a key it is acknowledged, and taken only once: when it is stored where the client asks for.
    case message(text: String, key: String? = nil, stored: Stored? = nil)
    /// Takes a name, or gives it up when it is empty.
    case name(String)
    /// Asks for what was said before.
    case fetch(Fetch)
    /// Shows another token, before the one that it came with expires.
    case token(String)

    /// How many bytes of UTF-8 a key has.
    static let keyBytes = 1...64
}

extension ClientObject: Codable {
    private enum Kind: String {
        case message, name, fetch, token
    }

    private enum Field: String, CodingKey {
        case type, text, key, stored, name, limit, token
    }

    /// - Throws: a ``Problem`` that can be sent back as it is.
    init(from decoder: any Decoder) throws {
        guard let fields = try? decoder.container(keyedBy: Field.self),
            let type = try? fields.decode(String.self, forKey: .type)
        else {
            throw Problem(.badObject, "An object needs a \"type\", which is a string.")
        }
        switch Kind(rawValue: type) {
        case .message:
            let key = try Self.key(in: fields)
            guard let text = try? fields.decode(String.self, forKey: .text) else {
                throw Problem(.badField, "A message needs a \"text\", which is a string.", key: key)
            }
            self = .message(text: text, key: key, stored: try Self.stored(in: fields, key: key))
        case .name:
            guard let name = try? fields.decode(String.self, forKey: .name) else {
                throw Problem(.badField, "To take a name, send it as \"name\", which is a string.")
            }
            self = .name(name)
        case .fetch:
            self = .fetch(Fetch(start: try Self.start(decoder), limit: try Self.limit(in: fields)))
        case .token:
            guard let token = try? fields.decode(String.self, forKey: .token) else {
                throw Problem(.badField, "To show a token, send it as \"token\", which is a string.")
            }
            self = .token(token)
        case nil:
            throw Problem(.unknownType, "Known types are \"message\", \"name\", \"fetch\" and \"token\".")
        }
    }

    private static func key(in fields: KeyedDecodingContainer<Field>) throws(Problem) -> String? {
        let key: String?
        do {
            key = try fields.decodeIfPresent(String.self, forKey: .key)
        } catch {
            key = ""
        }
        guard keyBytes.contains(key?.utf8.count ?? keyBytes.lowerBound) else {
            throw Problem(.badField, "A key is a string of 1 to \(keyBytes.upperBound) bytes.")
        }
        return key
    }

    private static func stored(
        in fields: KeyedDecodingContainer<Field>,
        key: String?
    ) throws(Problem) -> Stored? {
        guard fields.contains(.stored) else { return nil }
        guard let word = try? fields.decode(String.self, forKey: .stored), let stored = Stored(rawValue: word) else {
            throw Problem(.badField, "A message is \"stored\" in \"memory\" or on \"disk\".", key: key)
        }
        return stored
    }

    private static func start(_ decoder: any Decoder) throws(Problem) -> Fetch.Start {
        do {
            return try Fetch.Start(from: decoder)
        } catch {
            throw Problem(.badField, "To fetch takes either \"after\" or \"before\", the id of a message.")
        }
    }

    private static func limit(in fields: KeyedDecodingContainer<Field>) throws(Problem) -> Int {
        let limit: Int
        do {
            limit = try fields.decodeIfPresent(Int.self, forKey: .limit) ?? Fetch.defaultLimit
        } catch {
            limit = 0
        }
        guard Fetch.limits.contains(limit) else {
            throw Problem(.badField, "A \"limit\" is a number from 1 to \(Fetch.limits.upperBound).")
        }
        return limit
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Field.self)
        switch self {
        case .message(let text, let key, let stored):
            try fields.encode(Kind.message.rawValue, forKey: .type)
            try fields.encode(text, forKey: .text)
            try fields.encodeIfPresent(key, forKey: .key)
            try fields.encodeIfPresent(stored?.rawValue, forKey: .stored)
        case .name(let name):
            try fields.encode(Kind.name.rawValue, forKey: .type)
            try fields.encode(name, forKey: .name)
        case .fetch(let fetch):
            try fields.encode(Kind.fetch.rawValue, forKey: .type)
            try fetch.start.encode(to: encoder)
            try fields.encode(fetch.limit, forKey: .limit)
        case .token(let token):
            try fields.encode(Kind.token.rawValue, forKey: .type)
            try fields.encode(token, forKey: .token)
        }
    }
}
