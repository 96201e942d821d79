import HTTPTypes
import LWSSwift

/// Orders that end the server (docs/operation.md).
struct LeavingRoutes: Sendable {
    let control: ServerControl

    /// `POST /drain`, with `?over=30s`.
    func drain(_ request: HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse {
        let text = QueryParameters(request.query)["over"] ?? "0s"
        guard let time = TimeSpan(argument: text) else {
            throw ProblemDetails(.badRequest, .badField, "The parameter \"over\" is wrong. \(TimeSpan.rule)")
        }
        do throws(Failure) {
            try control.drain(over: time.duration)
        } catch {
            throw ProblemDetails(.serviceUnavailable, .stopping, error.message)
        }
        return HTTPServerResponse(text: "The server sends its clients away, and ends.\n")
    }

    /// `POST /upgrade`, answered when the new process is ready, or cannot be.
    func upgrade(_ request: HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse {
        do throws(Failure) {
            let process = try await control.upgrade()
            return HTTPServerResponse(text: "Process \(process) takes over.\n")
        } catch {
            throw ProblemDetails(.serviceUnavailable, .notUpgraded, error.message)
        }
    }
}
