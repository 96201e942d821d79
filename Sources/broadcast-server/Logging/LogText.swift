import LWSSwift

/// The text of a log line, in the form that costs least to queue: the thread that writes it makes the rest.
enum LogText: Sendable {
    case plain(String)
    /// What a client said, or rather its beginning.
    case said(ClientID, MessageExcerpt)

    /// The text, escaped.
    var escaped: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the text, escaped: nothing a peer says reaches a terminal or a file raw, whichever way it came.
    func append(to buffer: inout [UInt8]) {
        switch self {
        case .plain(let text):
            buffer += EscapedText.escape(text).utf8
        case .said(let id, let excerpt):
            buffer += "Client \(id): ".utf8
            excerpt.append(to: &buffer)
        }
    }

    /// Roughly the memory it takes in the queue.
    var cost: Int {
        switch self {
        case .plain(let text): text.utf8.count
        case .said(_, let excerpt): excerpt.byteCount
        }
    }
}

/// As much of a message as a log line shows: it shares the bytes of a short message, and copies the beginning of a long one.
struct MessageExcerpt: Sendable {
    private let kind: WebSocketMessage.Kind
    private let bytes: [UInt8]
    /// Bytes that the message has beyond those.
    private let omittedBytes: Int

    /// Of a longer message only the part that may be shown is kept: a character has at most four bytes.
    private static let sharedBytes = 1_024
    private static let keptBytes = 4 * (Defaults.loggedCharacters + 1)

    init(_ message: WebSocketMessage) {
        kind = message.kind
        let isShared = message.bytes.count <= Self.sharedBytes
        bytes = isShared ? message.bytes : Array(message.bytes.prefix(Self.keptBytes))
        omittedBytes = message.bytes.count - bytes.count
    }

    var byteCount: Int { bytes.count }

    func append(to buffer: inout [UInt8]) {
        switch kind {
        case .text:
            if bytes.count <= Defaults.loggedCharacters, !EscapedText.mayNeedEscaping(bytes) {
                buffer += bytes
            } else {
                let limit = Defaults.loggedCharacters
                buffer += EscapedText.excerpt(bytes, limit: limit, omittedBytes: omittedBytes).utf8
            }
        case .binary:
            buffer += "binary message of \(bytes.count + omittedBytes) bytes".utf8
        }
    }
}
