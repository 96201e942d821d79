import HTTPTypes
import LWSSwift

/// What a request to publish asks for, read out of its fields and its body. Pure.
struct PublishRequest: Sendable {
    /// The form of the body, which is that of the answer.
    enum Form: Sendable, Equatable {
        case single
        /// An array of JSON.
        case array
        /// A JSON text a line.
        case lines
    }

    let form: Form
    let posting: Posting

    /// Who publishes without a name.
    static let defaultName = "Anonymous"

    /// - Throws: the problem, of whatever kind: nothing was taken.
    init(
        contentType: String?,
        contentEncoding: String? = nil,
        idempotencyKey: String? = nil,
        query: String = "",
        body: [UInt8]
    ) throws(ProblemDetails) {
        if let contentEncoding, contentEncoding.lowercased() != "identity" {
            let fields: HTTPFields = [.acceptEncoding: "identity"]
            throw ProblemDetails(.unsupportedMediaType, .badType, "A body is not compressed.", headerFields: fields)
        }
        let content = try Content(contentType, body)
        let key = try Self.key(idempotencyKey)
        do throws(Problem) {
            let parameters = QueryParameters(query)
            let name = try Self.name(parameters["name"])
            let isDurable = try Self.isDurable(parameters["stored"])
            (form, posting) = try Self.read(content, body, key, name, isDurable)
        } catch {
            throw ProblemDetails(error.code == .tooMany ? .contentTooLarge : .badRequest, error.code, error.message)
        }
    }

    private static func key(_ field: String?) throws(ProblemDetails) -> MessageKey? {
        guard let field else { return nil }
        guard let key = IdempotencyKey.parse(field) else {
            throw ProblemDetails(.badRequest, .badField, IdempotencyKey.rule)
        }
        return key
    }

    private static func name(_ text: String?) throws(Problem) -> String {
        guard let text, text.contains(where: { $0 != " " }) else { return defaultName }
        return try MemberName(text).text
    }

    /// Whether a message is to be on the disk before it is acknowledged.
    ///
    /// - Parameter text: what `stored` says; nil for nothing.
    static func isDurable(_ text: String?) throws(Problem) -> Bool {
        guard let text else { return false }
        guard let stored = Stored(rawValue: text) else {
            throw Problem(.badField, "What is asked for with \"stored\" is \"memory\" or \"disk\".")
        }
        return stored == .disk
    }

    // MARK: The body

    /// What the body is.
    private enum Content: Equatable {
        case text
        case binary
        case json
        case lines

        /// - Parameter field: the `Content-Type`; nil for none.
        init(_ field: String?, _ body: [UInt8]) throws(ProblemDetails) {
            guard let field else {
                // As sent by a client that does not know, or care.
                self = WebSocketMessage.text(validating: body) == nil ? .binary : .text
                return
            }
            guard let type = MediaType(field) else {
                throw ProblemDetails(.unsupportedMediaType, .badType, "The Content-Type is no media type.")
            }
            switch type.name {
            // The latter is what curl sends with -d, whatever that is: it is taken as it is.
            case "text/plain", "application/x-www-form-urlencoded": self = .text
            case "application/json": self = .json
            case "application/x-ndjson": self = .lines
            case "multipart/form-data":
                throw ProblemDetails(.unsupportedMediaType, .badType, "Send the message itself, not a form.")
            default: self = .binary
            }
            guard self == .binary || type.isUTF8 else {
                throw ProblemDetails(.unsupportedMediaType, .badType, "Texts are UTF-8.")
            }
        }
    }

    private static func read(
        _ content: Content,
        _ body: [UInt8],
        _ key: MessageKey?,
        _ name: String,
        _ isDurable: Bool
    ) throws(Problem) -> (Form, Posting) {
        guard content != .binary else {
            return (.single, posting(.binary(body), key, name, isDurable))
        }
        guard let text = WebSocketMessage.text(validating: body) else {
            throw Problem(.badBody, "The body is not UTF-8.")
        }
        switch content {
        case .text, .binary:
            return (.single, posting(text, key, name, isDurable))
        case .lines:
            return (.lines, try batch(try PublishedObject.lines(body), key, name, isDurable))
        case .json where body.first { !PublishedObject.isSpace($0) } == UInt8(ascii: "["):
            return (.array, try batch(try PublishedObject.array(body), key, name, isDurable))
        case .json:
            let object = try PublishedObject.object(body)
            guard key == nil || object.key == nil || key == object.key else { throw twoKeys }
            let parcel = Posting.Parcel(messages: [message(object, name)], key: key ?? object.key)
            return (.single, Posting(parcels: [parcel], isDurable: isDurable || object.isDurable))
        }
    }

    private static func posting(
        _ content: WebSocketMessage,
        _ key: MessageKey?,
        _ name: String,
        _ isDurable: Bool
    ) -> Posting {
        let message = Posting.Message(content: content, name: name)
        return Posting(parcels: [Posting.Parcel(messages: [message], key: key)], isDurable: isDurable)
    }

    /// The key of the request is that of all its messages together; otherwise each may have its own.
    private static func batch(
        _ objects: [PublishedObject],
        _ key: MessageKey?,
        _ name: String,
        _ isDurable: Bool
    ) throws(Problem) -> Posting {
        guard !objects.isEmpty else { throw Problem(.badBody, "There is no message.") }
        let isDurable = isDurable || objects.contains(where: \.isDurable)
        let messages = objects.map { message($0, name) }
        guard let key else {
            let parcels = zip(messages, objects).map { Posting.Parcel(messages: [$0], key: $1.key) }
            return Posting(parcels: parcels, isDurable: isDurable)
        }
        guard objects.allSatisfy({ $0.key == nil }) else { throw twoKeys }
        return Posting(parcels: [Posting.Parcel(messages: messages, key: key)], isDurable: isDurable)
    }

    private static func message(_ object: PublishedObject, _ name: String) -> Posting.Message {
        Posting.Message(content: .text(object.text), name: object.name?.text ?? name)
    }

    private static let twoKeys = Problem(.badField, "Idempotency-Key and \"key\" exclude each other.")
}
