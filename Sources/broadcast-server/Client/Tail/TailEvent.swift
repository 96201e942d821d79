import FoundationEssentials
import LWSSwift

/// What an event of a channel means to `tail`.
struct TailEvent: Equatable {
    /// What is printed on the standard output, without the end of the line; nil for nothing.
    var line: String?
    /// Whether it is a message, which counts.
    var isMessage = false
    /// What is missing before it.
    var gap: Gap?
    /// What the server tells of itself.
    var status: Status?
    /// That the token is about to expire.
    var expiring: Expiring?
    /// What the server has to tell.
    var notice: Notice?

    /// - Parameter isJSON: whether objects were asked for.
    init(_ event: ServerSentEvent, isJSON: Bool) {
        switch event.event {
        case "message":
            isMessage = true
            line = isJSON ? Self.object(event.data) ?? Self.object(text: event.data) : EscapedText.escape(event.data)
        case "binary":
            isMessage = true
            line = isJSON ? Self.object(event.data) : Self.summary(ofBinary: event.data)
        default:
            switch Self.told.contains(event.event) ? Self.serverObject(event.data) : nil {
            case .gap(let gap)?: self.gap = gap
            case .status(let status)?: self.status = status
            case .expiring(let expiring)?: self.expiring = expiring
            case .notice(let notice)?: self.notice = notice
            default: break
            }
            if isJSON { line = Self.object(event.data) }
        }
    }

    /// What concerns the reader, whether or not objects are printed.
    private static let told: Set<String> = ["notice", "gap", "status", "expiring"]

    private static func serverObject(_ data: String) -> ServerObject? {
        try? ChatProtocol.decode(ServerObject.self, from: Array(data.utf8))
    }

    /// As `connect` tells of bytes.
    private static func summary(ofBinary data: String) -> String {
        guard let bytes = Data(base64Encoded: data) else { return EscapedText.escape(data) }
        return "binary message of \(bytes.count) bytes"
    }

    /// A JSON object on one line, fit for a terminal; nil when the text is none.
    private static func object(_ data: String) -> String? {
        guard (try? ChatProtocol.decode(AnyObject.self, from: Array(data.utf8))) != nil else { return nil }
        // Within strings JSON allows neither, so these stand between other things.
        let line = String(data.map { $0 == "\n" || $0 == "\t" ? " " : $0 })
        return EscapedText.escapeJSON(line)
    }

    /// What a server that knows no objects says, as one.
    private static func object(text: String) -> String {
        let object = ChatProtocol.encode(Plain(text: text))
        return EscapedText.escapeJSON(String(decoding: object.bytes, as: UTF8.self))
    }

    private struct Plain: Encodable {
        let type = "message"
        let text: String
    }

    /// Any object, whatever is in it.
    private struct AnyObject: Decodable {
        private struct AnyField: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }

            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            _ = try decoder.container(keyedBy: AnyField.self)
        }
    }
}
