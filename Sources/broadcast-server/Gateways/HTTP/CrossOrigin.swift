import HTTPTypes
import LWSSwift

/// What web pages may do with the channels over HTTP: those that may connect may do all of it, and others nothing, though
/// browsers would send some requests for them without asking first.
struct CrossOrigin: Sendable {
    static let methods = "GET, HEAD, POST"
    /// The fields of a request that a page may set beyond what it always may.
    private static let requestFields = "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID"
    /// The fields of an answer that its script may read beyond what it always may.
    private static let answerFields = "ETag, Link, Retry-After, WWW-Authenticate"
    /// How many seconds a browser need not ask again; none keeps it for longer.
    private static let maximumAge = "7200"

    let policy: OriginPolicy

    /// - Throws: ``ProblemDetails/foreignOrigin`` for a page that may not.
    func check(_ request: HTTPServerRequest) throws(ProblemDetails) {
        guard let origin = request[.origin] else { return }
        guard policy.allows(origin: origin, host: request.request.authority) else { throw .foreignOrigin }
    }

    /// Puts in what a browser needs to know to give an answer to the page that has asked; the page was checked before.
    func mark(_ fields: inout HTTPFields, for request: HTTPServerRequest) {
        // Told also where no page asks, since a cache may keep it.
        fields[.vary] = fields[.vary].map { $0 + ", Origin" } ?? "Origin"
        guard let origin = request[.origin] else { return }
        fields[.accessControlAllowOrigin] = origin
        fields[.accessControlExposeHeaders] = Self.answerFields
    }

    /// The answer to OPTIONS: what there is, and what a page may do.
    func options(allowed: String, for request: HTTPServerRequest) -> HTTPServerResponse {
        var fields: HTTPFields = [.allow: allowed]
        if request[.origin] != nil, request[.accessControlRequestMethod] != nil {
            fields[.accessControlAllowMethods] = Self.methods
            fields[.accessControlAllowHeaders] = Self.requestFields
            fields[.accessControlMaxAge] = Self.maximumAge
        }
        return HTTPServerResponse(status: .noContent, headerFields: fields)
    }
}
