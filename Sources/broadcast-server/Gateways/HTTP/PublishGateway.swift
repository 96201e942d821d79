import HTTPTypes
import LWSSwift

/// How those who are no members say something: `POST /team`.
struct PublishGateway: Sendable {
    let service: ChatService

    func answer(_ request: HTTPServerRequest, in channel: ChannelName) async throws(ProblemDetails)
        -> HTTPServerResponse
    {
        try Self.requireBody(request)
        let (grant, _) = try await service.admit(request, to: channel, needing: .publish)
        return try await publish(request, in: channel, by: grant)
    }

    /// - Parameter grant: nil for whoever runs the server, who may use every name.
    func publish(
        _ request: HTTPServerRequest,
        in channel: ChannelName,
        by grant: Grant?
    ) async throws(ProblemDetails) -> HTTPServerResponse {
        try Self.requireBody(request)
        let publish = try PublishRequest(
            contentType: request[.contentType],
            contentEncoding: request[.contentEncoding],
            idempotencyKey: request[.idempotencyKey],
            query: request.query,
            body: request.body
        )
        var posting = publish.posting
        do throws(AccessFault) {
            if let grant { posting = try posting.signed(by: grant, service.access) }
        } catch {
            throw ProblemDetails(error)
        }
        do throws(PostingFault) {
            let address = request.remoteAddress
            let posted = try await service.publish(
                posting,
                in: channel,
                as: Principal(address: address, grant),
                from: address,
                request[.traceParent].flatMap(TraceParent.init)
            )
            return PublishAnswer(form: publish.form, posted: posted).response
        } catch {
            throw ProblemDetails(error)
        }
    }

    /// Without either there is no body (RFC 9112 section 6.3), which nobody means to publish.
    private static func requireBody(_ request: HTTPServerRequest) throws(ProblemDetails) {
        guard request[.contentLength] != nil || request[.transferEncoding] != nil else {
            throw ProblemDetails(.lengthRequired, .noLength, "Send a body, with its Content-Length or in chunks.")
        }
    }
}

extension ProblemDetails {
    fileprivate init(_ fault: PostingFault) {
        switch fault {
        case .noRoom(let isOfAddress): self.init(isOfAddress ? .addressHasTooManyChannels : .tooManyChannels)
        case .tooFast(let wait): self.init(.tooFast, retryAfter: wait)
        case .stopped: self = .stopping
        case .keyWasUsed(let key):
            self.init(
                .unprocessableContent,
                .keyReused,
                "The key \(key.withoutSubject) came before with something else."
            )
        case .notStored: self = .notStored
        case .unavailable: self = .unavailable
        }
    }
}
