import FoundationEssentials
import LWSSwift

/// A message as a JSON object of who publishes it: `{"text":…}`, and perhaps `key`, `name` and `stored`. Other fields are
/// ignored, so that it may be the `message` of a member as well.
struct PublishedObject: Sendable, Equatable {
    let text: String
    let key: MessageKey?
    let name: MemberName?
    let isDurable: Bool
}

extension PublishedObject: Decodable {
    private enum Field: String, CodingKey {
        case text, key, name, stored
    }

    /// - Throws: a ``Problem`` that can be told as it is.
    init(from decoder: any Decoder) throws {
        guard let fields = try? decoder.container(keyedBy: Field.self) else {
            throw Problem(.badObject, "A message is an object with a \"text\".")
        }
        guard let text = try? fields.decode(String.self, forKey: .text) else {
            throw Problem(.badField, "A message needs a \"text\", which is a string.")
        }
        self.text = text
        let key = try Self.string(.key, in: fields)
        guard ClientObject.keyBytes.contains(key?.utf8.count ?? ClientObject.keyBytes.lowerBound) else {
            throw Problem(.badField, "A key is a string of 1 to \(ClientObject.keyBytes.upperBound) bytes.")
        }
        self.key = key.map(MessageKey.init)
        name = try Self.string(.name, in: fields).map { name throws(Problem) in try MemberName(name) }
        isDurable = try PublishRequest.isDurable(try Self.string(.stored, in: fields))
    }

    private static func string(_ field: Field, in fields: KeyedDecodingContainer<Field>) throws(Problem) -> String? {
        do {
            return try fields.decodeIfPresent(String.self, forKey: field)
        } catch {
            throw Problem(.badField, "The field \"\(field.rawValue)\" is a string.")
        }
    }
}

extension PublishedObject {
    /// The object of a JSON text.
    static func object(_ json: some Sequence<UInt8>) throws(Problem) -> PublishedObject {
        try decode(PublishedObject.self, json)
    }

    /// The objects of a JSON array.
    static func array(_ json: some Sequence<UInt8>) throws(Problem) -> [PublishedObject] {
        try decode(List.self, json).objects
    }

    /// The objects of lines, of which empty ones are passed over.
    static func lines(_ text: [UInt8]) throws(Problem) -> [PublishedObject] {
        var objects: [PublishedObject] = []
        for line in text.split(separator: UInt8(ascii: "\n")) where !line.allSatisfy(isSpace) {
            try List.requireRoom(objects)
            do throws(Problem) {
                objects.append(try object(line))
            } catch {
                throw List.located(error, objects.count)
            }
        }
        return objects
    }

    /// White space of JSON (RFC 8259 section 2).
    static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    private static func decode<Value: Decodable>(
        _ type: Value.Type,
        _ json: some Sequence<UInt8>
    ) throws(Problem) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(json))
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.badBody, "This is no JSON.")
        }
    }

    /// Stops at the first that is wrong, and says which.
    private struct List: Decodable {
        var objects: [PublishedObject] = []

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            while !list.isAtEnd {
                try Self.requireRoom(objects)
                do {
                    objects.append(try list.decode(PublishedObject.self))
                } catch let problem as Problem {
                    throw Self.located(problem, objects.count)
                }
            }
        }

        static func requireRoom(_ objects: [PublishedObject]) throws(Problem) {
            guard objects.count < Posting.maximumCount else {
                throw Problem(.tooMany, "There are more than \(Posting.maximumCount) messages.")
            }
        }

        static func located(_ problem: Problem, _ index: Int) -> Problem {
            Problem(problem.code, "Message \(index + 1): \(problem.message)")
        }
    }
}
