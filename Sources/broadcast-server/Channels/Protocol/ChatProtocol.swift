import FoundationEssentials
import LWSSwift

/// The subprotocol `broadcast.v1.json`, in which every text message is one JSON object: docs/protocol.md.
///
/// Both sides are here, ``ClientObject`` and ``ServerObject``, since this program is client and server.
enum ChatProtocol {
    /// As it is offered and agreed on in the opening handshake.
    static let subprotocol = "broadcast.v1.json"

    /// Before the session in a second subprotocol, which a client offers that comes back.
    static let sessionPrefix = "broadcast.session."

    /// The field that every object has.
    enum TypeField: String, CodingKey {
        case type
    }

    /// An object of the server as a message.
    static func encode(_ object: ServerObject) -> WebSocketMessage {
        switch object {
        case .ack(let acknowledgement): acknowledgement.object
        case .position(let position): position.object
        case .history(let page): page.object
        default: encodeByFoundation(object)
        }
    }

    /// An object as a message. Its fields are sorted, so that equal objects are equal bytes; slashes are not escaped.
    static func encode(_ object: some Encodable) -> WebSocketMessage {
        encodeByFoundation(object)
    }

    /// What comes of this is what is written by hand where that pays.
    static func encodeByFoundation(_ object: some Encodable) -> WebSocketMessage {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(object), let message = WebSocketMessage.text(validating: Array(json))
        else {
            preconditionFailure("Objects of integers and strings have a JSON form, and it is UTF-8.")
        }
        return message
    }

    /// Decodes the payload of a text message.
    ///
    /// - Throws: a ``Problem`` as the server tells it to the client that sent the bytes.
    static func decode<Object: Decodable>(_ type: Object.Type, from bytes: [UInt8]) throws(Problem) -> Object {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.badObject, "Send one JSON object with a \"type\" in each text message.")
        }
    }
}
