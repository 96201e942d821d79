import HTTPTypes
import LWSSwift

/// Says whether a page would be let into a channel, and why not, which browsers do not tell it:
/// `GET /-/admission?channel=NAME&origin=ORIGIN`. Nothing comes of asking.
struct AdmissionRoute: Sendable {
    let service: ChatService
    let policy: OriginPolicy

    func answer(_ request: HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse {
        let parameters = QueryParameters(request.query)
        guard policy.allows(origin: parameters["origin"], host: request.request.authority) else {
            throw .foreignOrigin
        }
        guard let name = ChannelName(path: "/" + PercentEncoding.encode(parameters["channel"] ?? "")) else {
            throw .noChannel
        }
        let principal = Principal(address: request.remoteAddress)
        if let refusal = service.limits.connectionRefusal(principal.share, request.remoteAddress) {
            throw ProblemDetails(refusal)
        }
        if let refusal = service.refusal(of: name, by: principal) { throw ProblemDetails(refusal) }
        guard service.isListening else { throw .stopping }
        _ = try await service.admit(request, to: name, needing: .subscribe)
        return HTTPServerResponse(status: .noContent, headerFields: [.cacheControl: "no-store"])
    }
}
