import HTTPTypes
import LWSSwift

/// Why a request is not served, for programs and for people (RFC 9457).
struct ProblemDetails: Error, Sendable, Equatable {
    static let mediaType = "application/problem+json"

    let status: HTTPResponse.Status
    /// What a program can go by; the codes are those of docs/http.md.
    let code: Problem.Code
    /// A sentence for people.
    let detail: String
    var headerFields: HTTPFields = [:]

    init(
        _ status: HTTPResponse.Status,
        _ code: Problem.Code,
        _ detail: String,
        headerFields: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.headerFields = headerFields
    }

    /// What the server says to members, too.
    init(_ problem: Problem) {
        self = problem.code == .noRoom ? Self(.tooManyChannels) : Self(.badRequest, problem.code, problem.message)
    }

    /// The answer to a request.
    ///
    /// Who comes back by itself for events, with the id that it had last, is told not to when it is refused for good: many
    /// clients take any other status for a fault that passes, and come back for ever (HTML section 9.2.3 knows 204 for that).
    func response(to request: HTTPServerRequest) -> HTTPServerResponse {
        if status.kind == .clientError, status != .tooManyRequests, ChannelRoute.isReturnForEvents(request) {
            return HTTPServerResponse(status: .noContent, headerFields: [.cacheControl: "no-store"])
        }
        var object = JSONWriter(capacity: 128 + detail.utf8.count)
        object.append(#"{"code":"#)
        object.append(string: code.rawValue)
        object.append(#","detail":"#)
        object.append(string: detail)
        object.append(#","status":"#)
        object.append(status.code)
        object.append(#","title":"#)
        object.append(string: status.reasonPhrase)
        object.append("}\n")
        var fields = headerFields
        fields[.contentType] = Self.mediaType
        fields[.cacheControl] = "no-store"
        return HTTPServerResponse(status: status, headerFields: fields, body: object.bytes)
    }
}

extension ProblemDetails {
    static func methodNotAllowed(_ allowed: String) -> ProblemDetails {
        ProblemDetails(.methodNotAllowed, .badMethod, "Use \(allowed).", headerFields: [.allow: allowed])
    }

    static let unreadable = ProblemDetails(.badRequest, .badURL, RequestTarget.rule)

    static let nothing = ProblemDetails(
        .notFound,
        .notFound,
        "Nothing is here. Channels are at paths without a further slash, /team for instance."
    )

    static let noChannel = ProblemDetails(.notFound, .notFound, ChannelName.rule)

    /// - Parameter seconds: when to come back.
    init(_ refusal: Refusal, retryAfter seconds: Int = 60) {
        let isRoom = refusal == .tooManyChannels || refusal == .addressHasTooManyChannels
        self.init(
            refusal.isOfAddress ? .tooManyRequests : .serviceUnavailable,
            isRoom ? .noRoom : refusal.isOfAddress ? .tooManyRequests : .full,
            refusal.explanation,
            headerFields: [.retryAfter: "\(seconds)"]
        )
    }

    static let stopping = ProblemDetails(
        .serviceUnavailable,
        .stopping,
        "The server is being stopped: try again.",
        headerFields: [.retryAfter: "1"]
    )

    static let notStored = ProblemDetails(
        .serviceUnavailable,
        .notStored,
        "It was sent, but the disk has not taken it: try again, with the same key.",
        headerFields: [.retryAfter: "5"]
    )

    static let unavailable = ProblemDetails(
        .serviceUnavailable,
        .unavailable,
        "The cluster takes nothing just now: try again, with the same key.",
        headerFields: [.retryAfter: "5"]
    )

    /// Who needs a token is told so in a way that programs know (RFC 6750 section 3).
    init(_ fault: AccessFault) {
        let status: HTTPResponse.Status
        var fields: HTTPFields = [:]
        switch fault {
        case .noToken:
            status = .unauthorized
            fields[.wwwAuthenticate] = Self.challenge
        case .token(.busy):
            status = .serviceUnavailable
            fields[.retryAfter] = "1"
        case .malformed, .token, .otherSubject:
            status = .unauthorized
            // No quotation marks may stand within.
            let explanation = fault.description.replacing("\"", with: "'")
            fields[.wwwAuthenticate] =
                "\(Self.challenge), error=\"invalid_token\", error_description=\"\(explanation)\""
        case .forbidden, .rightsHaveChanged:
            status = .forbidden
            fields[.wwwAuthenticate] = "\(Self.challenge), error=\"insufficient_scope\""
        case .nameTaken, .nameIsFixed: status = .forbidden
        }
        self.init(status, fault.code, fault.description, headerFields: fields)
    }

    private static let challenge = "Bearer realm=\"broadcast-server\""

    static let foreignHost = ProblemDetails(
        .misdirectedRequest,
        .foreignHost,
        "This server does not answer to the name that was asked for. See start --server-name."
    )

    static let foreignOrigin = ProblemDetails(
        .forbidden,
        .foreignOrigin,
        "Pages of this origin may not use the channels. See start --allow-origin."
    )
}

/// Those that only requests have.
extension Problem.Code {
    static let badBody = Problem.Code(rawValue: "bad-body")
    static let badMethod = Problem.Code(rawValue: "bad-method")
    static let badType = Problem.Code(rawValue: "bad-type")
    static let badURL = Problem.Code(rawValue: "bad-url")
    static let foreignHost = Problem.Code(rawValue: "foreign-host")
    static let full = Problem.Code(rawValue: "full")
    static let foreignOrigin = Problem.Code(rawValue: "foreign-origin")
    static let keyReused = Problem.Code(rawValue: "key-reused")
    static let noLength = Problem.Code(rawValue: "no-length")
    static let noRoom = Problem.Code(rawValue: "no-room")
    static let notAcceptable = Problem.Code(rawValue: "not-acceptable")
    static let notFound = Problem.Code(rawValue: "not-found")
    static let notUpgraded = Problem.Code(rawValue: "not-upgraded")
    static let stopping = Problem.Code(rawValue: "stopping")
    static let tooManyRequests = Problem.Code(rawValue: "too-many-requests")
    static let tooMany = Problem.Code(rawValue: "too-many")
}
