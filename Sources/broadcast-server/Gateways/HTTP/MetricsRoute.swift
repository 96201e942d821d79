import HTTPTypes
import LWSSwift

/// `GET /metrics`: all numbers of the server, for those whom it names (`--metrics-allow`), and for who is `admin` of all
/// channels by a token. For others there is nothing, as on a server that shows them to nobody.
struct MetricsRoute: Sendable {
    let metrics: Metrics
    let readers: AddressNetworks
    let access: AccessControl

    /// The answer to a GET or HEAD of somebody who may see it.
    static func answer(_ request: HTTPServerRequest, _ metrics: Metrics) async -> HTTPServerResponse {
        let format = MetricsText.Format(accept: request[.accept])
        let text = MetricsText(await metrics.families(), as: format).text
        let fields: HTTPFields = [.contentType: format.rawValue, .cacheControl: "no-store", .vary: "Accept"]
        return HTTPServerResponse(headerFields: fields, body: Array(text.utf8))
    }

    /// Whether somebody may see it.
    func isOpen(to request: HTTPServerRequest) async -> Bool {
        if readers.contains(request.remoteAddress) { return true }
        let token = PresentedToken(request, cookieName: nil)
        guard let grant = try? await access.grant(token), grant.source != .nothing else { return false }
        return grant.rights.in(.metrics).contains(.admin)
    }
}
