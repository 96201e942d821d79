import HTTPTypes
import LWSSwift

/// `GET /figures`: the numbers of `/metrics` in JSON, for `top` and other programs.
struct FiguresRoute: Sendable {
    let metrics: Metrics

    func answer(_ request: HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse {
        let report = FigureReport(await metrics.families())
        return HTTPServerResponse(
            headerFields: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ChatProtocol.encode(report).bytes + Array("\n".utf8)
        )
    }
}
