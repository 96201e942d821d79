import HTTPTypes
import LWSSwift

/// The answers to plain HTTP requests: what is where, and who answers for it (docs/http.md).
struct HTTPRoutes: Sendable {
    private let service: ChatService
    private let page = PageFiles()
    private let channels: ChannelRoute
    private let admission: AdmissionRoute
    private let metrics: MetricsRoute
    private let doors: NetworkDoors

    init(_ service: ChatService, _ doors: NetworkDoors, _ metrics: Metrics) {
        self.service = service
        self.doors = doors
        self.metrics = MetricsRoute(metrics: metrics, readers: doors.metricsReaders, access: service.access)
        channels = ChannelRoute(service, page, CrossOrigin(policy: doors.origins))
        admission = AdmissionRoute(service: service, policy: doors.origins)
    }

    /// Answers a request. The body of an answer to HEAD is left out by the server.
    func answer(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        do throws(ProblemDetails) {
            guard RequestTarget.isReadable(path: request.path, query: request.query) else { throw .unreadable }
            let resource = HTTPResource(path: request.path)
            // Who looks whether it lives may not know what it is called.
            guard resource.isOfHealth || doors.names.allow(request.request.authority) else { throw .foreignHost }
            switch resource {
            case .channel(let name): return await channels.answer(request, name)
            case .file(let name):
                guard let file = page.file(name, request) else { throw .nothing }
                return try Self.reading(request) { file }
            case .health:
                return try Self.reading(request) { health }
            case .liveness:
                let checks = await service.health.liveness
                return try Self.reading(request) { HTTPServerResponse("livez", checks, to: request) }
            case .readiness:
                return try Self.reading(request) {
                    HTTPServerResponse("readyz", service.health.readiness, to: request)
                }
            case .metrics:
                // Who may not see them is not told that there are any.
                guard await metrics.isOpen(to: request) else { throw .nothing }
                guard request.method == .get || request.method == .head else {
                    return try Self.reading(request) { HTTPServerResponse() }
                }
                return await MetricsRoute.answer(request, metrics.metrics)
            case .robots:
                return try Self.reading(request) { HTTPServerResponse(text: "User-agent: *\nDisallow: /\n") }
            case .admission:
                guard request.method == .get || request.method == .head else {
                    return try Self.reading(request) { HTTPServerResponse() }
                }
                return try await admission.answer(request)
            case .server where request.method == .options:
                return HTTPServerResponse(status: .noContent, headerFields: [.allow: ChannelRoute.methods])
            case .badChannel: return await channels.answer(request, nil)
            case .server, .nothing: throw .nothing
            }
        } catch {
            return error.response(to: request)
        }
    }

    /// A node that has lost its cluster still serves those who are there, but takes nothing. Of its cluster there is a second
    /// line.
    private var health: HTTPServerResponse {
        let replication = service.replication
        let trouble = replication?.trouble
        let sign = replication.map { "last sign of the cluster: \(Int($0.silence / .milliseconds(1))) ms ago\n" }
        return HTTPServerResponse(
            status: trouble == nil ? .ok : .serviceUnavailable,
            headerFields: [.cacheControl: "no-store"],
            text: (trouble.map { "no cluster: \($0)\n" } ?? "ok\n") + (sign ?? "")
        )
    }

    /// What can only be read.
    private static func reading(
        _ request: HTTPServerRequest,
        _ answer: () throws(ProblemDetails) -> HTTPServerResponse
    ) throws(ProblemDetails) -> HTTPServerResponse {
        let methods = "GET, HEAD, OPTIONS"
        switch request.method {
        case .get, .head: return try answer()
        case .options: return HTTPServerResponse(status: .noContent, headerFields: [.allow: methods])
        default: throw .methodNotAllowed(methods)
        }
    }
}
