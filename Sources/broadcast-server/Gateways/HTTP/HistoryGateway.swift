import HTTPTypes
import LWSSwift

/// How those who are no members read what was said: `GET /team`, as one object of JSON or an object a line.
struct HistoryGateway: Sendable {
    let service: ChatService

    func answer(
        _ request: HTTPServerRequest,
        in channel: ChannelName,
        as form: HistoryAnswer.Form
    ) async throws(ProblemDetails) -> HTTPServerResponse {
        _ = try await service.admit(request, to: channel, needing: .history)
        do throws(Problem) {
            let fetch = try HistoryRequest(query: request.query).fetch
            guard let page = try await service.history(fetch, of: channel) else { return Self.nothing(form) }
            return HistoryAnswer(page: page, form: form, limit: fetch.limit).response(request)
        } catch {
            throw ProblemDetails(error)
        }
    }

    /// Of a channel that has not begun: it has no position yet, and what a position of before is, nobody can tell.
    private static func nothing(_ form: HistoryAnswer.Form) -> HTTPServerResponse {
        let fields: HTTPFields = [.contentType: form.rawValue, .cacheControl: "no-cache"]
        let empty = #"{"messages":[],"more":false,"type":"history"}"# + "\n"
        return HTTPServerResponse(headerFields: fields, body: form == .json ? Array(empty.utf8) : [])
    }
}
