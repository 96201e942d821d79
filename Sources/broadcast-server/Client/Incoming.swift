import LWSSwift

/// What a message from the server means to the client.
enum Incoming: Equatable, Sendable {
    /// An object of `broadcast.v1.json`.
    case object(ServerObject)
    /// A text of a server that speaks plain text.
    case text(String)
    case binary([UInt8])
    /// A text that should have been an object and is none.
    case unreadable

    /// - Parameter isJSON: whether `broadcast.v1.json` was agreed on.
    init(_ message: WebSocketMessage, isJSON: Bool) {
        switch message.kind {
        case .binary:
            self = .binary(message.bytes)
        case .text where isJSON:
            do throws(Problem) {
                self = .object(try ChatProtocol.decode(ServerObject.self, from: message.bytes))
            } catch {
                self = .unreadable
            }
        case .text:
            self = .text(String(decoding: message.bytes, as: UTF8.self))
        }
    }

    /// What somebody says, as one line of text for the log and for `--expect`; nil for everything else.
    var spoken: String? {
        switch self {
        case .object(.message(let message)): "\(message.from.name): \(message.text)"
        case .text(let text): text
        case .binary(let bytes): "binary message of \(bytes.count) bytes"
        case .object, .unreadable: nil
        }
    }
}
