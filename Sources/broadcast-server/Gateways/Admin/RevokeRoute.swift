import HTTPTypes
import LWSSwift
import Logging

/// `POST /revoke`: ends a token, or all of a subject.
struct RevokeRoute: Sendable {
    let service: ChatService

    /// `{"jti": ID}` or `{"sub": SUBJECT}`.
    private struct Wish: Decodable {
        var jti: String?
        var sub: String?
    }

    func answer(_ request: HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse {
        let rule = ProblemDetails(.badRequest, .badBody, #"Send {"jti": the id of a token} or {"sub": a subject}."#)
        let wish = try StrictJSON.decode(Wish.self, from: request.body, members: ["jti", "sub"], otherwise: rule)
        let entry: Revocations.Entry
        switch (wish.jti.map(Revocations.Entry.init(token:)), wish.sub.map(Revocations.Entry.init(subject:))) {
        case (let token??, nil): entry = token
        case (nil, let subject??): entry = subject
        default: throw rule
        }
        let place: String
        switch await service.access.revoke(entry) {
        case .inMemory: place = "as long as the process runs"
        case .inFile(let path): place = "written to \(path)"
        case .notWritten(let path, let error):
            throw ProblemDetails(
                .internalServerError,
                .notStored,
                "It holds as long as the process runs, but could not be written to \(path): \(error)."
            )
        case .noRoom:
            throw ProblemDetails(
                .insufficientStorage,
                .noRoom,
                "There are \(Revocations.maximumCount) revocations already."
            )
        }
        service.logger.event(
            .notice,
            .revoked,
            Logger.Metadata([("jti", wish.jti), ("subject", wish.sub)]),
            "Revoked \(EscapedText.excerpt(entry.line)), \(EscapedText.escape(place))."
        )
        return HTTPServerResponse(text: "Revoked \(entry.line), \(place).\n")
    }
}

extension HTTPResponse.Status {
    /// RFC 4918 section 11.5.
    fileprivate static let insufficientStorage = HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
}
