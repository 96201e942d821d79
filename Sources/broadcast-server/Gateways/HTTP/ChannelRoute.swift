import HTTPTypes
import LWSSwift

/// A channel over HTTP: one address for people, programs and streams, told apart by the method and by what the client takes.
struct ChannelRoute: Sendable {
    static let methods = CrossOrigin.methods + ", OPTIONS"

    private let page: PageFiles
    private let publishing: PublishGateway
    private let history: HistoryGateway
    private let events: EventRequests
    private let crossOrigin: CrossOrigin

    init(_ service: ChatService, _ page: PageFiles, _ crossOrigin: CrossOrigin) {
        self.page = page
        self.crossOrigin = crossOrigin
        publishing = PublishGateway(service: service)
        history = HistoryGateway(service: service)
        events = EventRequests(service: service)
    }

    /// What there is of a channel to read. The first is for those who take anything, such as curl.
    private enum Representation: String, CaseIterable {
        case lines = "application/x-ndjson"
        case page = "text/html"
        case object = "application/json"
        case events = "text/event-stream"

        static let all = allCases.map(\.rawValue)

        /// nil when nothing of it is taken.
        init?(preferredBy request: HTTPServerRequest) {
            guard let type = AcceptField(request[.accept]).preferred(of: Self.all) else { return nil }
            self.init(rawValue: type)
        }
    }

    /// Whether a client comes back for events by itself, with the id that it had last.
    static func isReturnForEvents(_ request: HTTPServerRequest) -> Bool {
        let isReading = request.method == .get || request.method == .head
        guard isReading, let id = request[.lastEventID], !id.isEmpty else { return false }
        return Representation(preferredBy: request) == .events
    }

    /// - Parameter channel: nil where the path names what can be none.
    func answer(_ request: HTTPServerRequest, _ channel: ChannelName?) async -> HTTPServerResponse {
        do throws(ProblemDetails) {
            try crossOrigin.check(request)
        } catch {
            var refusal = error.response(to: request)
            refusal.headerFields[.vary] = "Origin"
            return refusal
        }
        var response: HTTPServerResponse
        do throws(ProblemDetails) {
            response = try await respond(to: request, channel)
        } catch {
            response = error.response(to: request)
        }
        response.headerFields[.xContentTypeOptions] = "nosniff"
        crossOrigin.mark(&response.headerFields, for: request)
        return response
    }

    private func respond(
        to request: HTTPServerRequest,
        _ channel: ChannelName?
    ) async throws(ProblemDetails) -> HTTPServerResponse {
        guard let channel else { throw .noChannel }
        switch request.method {
        case .get, .head:
            var response = try await read(request, channel)
            response.headerFields[.vary] = "Accept"
            return response
        case .post: return try await publishing.answer(request, in: channel)
        case .options: return crossOrigin.options(allowed: Self.methods, for: request)
        default: throw .methodNotAllowed(Self.methods)
        }
    }

    private func read(_ request: HTTPServerRequest, _ channel: ChannelName) async throws(ProblemDetails)
        -> HTTPServerResponse
    {
        switch Representation(preferredBy: request) {
        case .page: return page.page(request)
        case .object: return try await history.answer(request, in: channel, as: .json)
        case .lines: return try await history.answer(request, in: channel, as: .lines)
        case .events: return try await events.answer(request, in: channel)
        case nil:
            let offers = Representation.all.joined(separator: ", ")
            throw ProblemDetails(.notAcceptable, .notAcceptable, "There is \(offers).")
        }
    }
}
