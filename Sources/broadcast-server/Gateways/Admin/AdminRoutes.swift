import HTTPTypes
import LWSSwift

/// What whoever runs the server can see and have it do while it runs, over HTTP at a Unix-domain socket (docs/operation.md): who
/// may use the socket is what the rights of its file say.
struct AdminRoutes: Sendable {
    /// One that a path and a method lead to.
    private struct Route: Sendable {
        let method: HTTPRequest.Method
        /// What the query may have: a mistake in it is not to mean all.
        let parameters: Set<String>
        let answer: @Sendable (HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse

        init(
            _ method: HTTPRequest.Method,
            _ parameters: Set<String> = [],
            _ answer: @escaping @Sendable (HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse
        ) {
            self.method = method
            self.parameters = parameters
            self.answer = answer
        }

        func takes(_ method: HTTPRequest.Method) -> Bool {
            method == self.method || self.method == .get && method == .head
        }
    }

    private let routes: [String: Route]

    /// - Parameter configuration: what the server runs with, as `--print-config` prints it.
    init(
        _ service: ChatService,
        _ metrics: Metrics,
        _ control: ServerControl,
        configuration: Replaceable<String>
    ) {
        let connections = ConnectionsRoute(service: service)
        let channels = ChannelsRoute(service: service)
        let figures = FiguresRoute(metrics: metrics)
        let steering = SteeringRoutes(service: service)
        let leaving = LeavingRoutes(control: control)
        routes = [
            "/channels": Route(.get, ["channel", "sort", "limit"], channels.answer),
            "/config": Route(.get) { _ in Self.answer(configuration: configuration.current) },
            "/connections": Route(
                .get,
                ["closed", "id", "channel", "subject", "address", "sort", "limit"],
                connections.answer
            ),
            "/drain": Route(.post, ["over"], leaving.drain),
            "/figures": Route(.get, [], figures.answer),
            "/kick": Route(.post, [], steering.kick),
            "/metrics": Route(.get) { request in await MetricsRoute.answer(request, metrics) },
            "/publish": Route(.post, ["channel", "name", "stored"], steering.publish),
            "/revoke": Route(.post, [], RevokeRoute(service: service).answer),
            "/tail": Route(
                .get,
                ["channel", "after", "last", "lastEventId", "form", "name"],
                steering.tail
            ),
            "/upgrade": Route(.post, [], leaving.upgrade),
        ]
    }

    func answer(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        do throws(ProblemDetails) {
            guard RequestTarget.isReadable(path: request.path, query: request.query) else { throw .unreadable }
            guard let route = routes[request.path] else {
                let paths = routes.map { "\($1.method) \($0)" }.sorted().joined(separator: ", ")
                throw ProblemDetails(.notFound, .notFound, "There is \(paths).")
            }
            guard route.takes(request.method) else { throw .methodNotAllowed("\(route.method)") }
            if let unknown = QueryParameters(request.query).names.first(where: { !route.parameters.contains($0) }) {
                let known = route.parameters.sorted().joined(separator: ", ")
                throw ProblemDetails(
                    .badRequest,
                    .badField,
                    "There is no parameter \"\(EscapedText.excerpt(unknown))\" here"
                        + (known.isEmpty ? ", nor any other." : ", but \(known).")
                )
            }
            return try await route.answer(request)
        } catch {
            return error.response(to: request)
        }
    }

    private static func answer(configuration: String) -> HTTPServerResponse {
        HTTPServerResponse(
            headerFields: [.contentType: "application/yaml", .cacheControl: "no-store"],
            text: configuration
        )
    }
}

extension HTTPServerResponse {
    /// What is true of this moment, in JSON.
    init(json object: JSONWriter) {
        self.init(headerFields: [.contentType: "application/json", .cacheControl: "no-store"], body: object.bytes)
    }
}
