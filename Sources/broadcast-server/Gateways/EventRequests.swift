import HTTPTypes
import LWSSwift

/// How listeners come to the channels over HTTP: answers the requests for a stream of events.
struct EventRequests: Sendable {
    let service: ChatService

    /// What can be had at the address of a channel; the first for those who take anything.
    private static let offers = ["text/html", "application/json", "application/x-ndjson", "text/event-stream"]

    /// Answers a request for events; nil for one of another kind.
    func answer(_ request: HTTPServerRequest) -> HTTPServerResponse? {
        guard [.get, .head].contains(request.method),
            AcceptField(request[.accept]).preferred(of: Self.offers) == "text/event-stream"
        else { return nil }
        let id = request[.lastEventID]
        guard let channel = ChannelName(path: request.path) else {
            return refuse(id, .notFound, ChannelName.rule)
        }
        let visit = Visit(
            JoinRequest(channel: channel, identity: .none),
            form: .textEvents,
            query: request.query,
            lastEventID: id
        )
        if let problem = visit.problems.first { return refuse(id, .badRequest, problem.message) }
        guard service.isListening, service.hasRoom(for: channel) else {
            return HTTPServerResponse(
                status: .serviceUnavailable,
                headerFields: [.retryAfter: "5"],
                text: ChatService.tooManyChannels + "\n"
            )
        }
        let principal = Principal(address: request.remoteAddress)
        return .eventStream(headerFields: accessFields(request)) { admit($0, visit, principal) }
    }

    /// Refuses for good. Who comes back by itself, with the id that it had last, is told not to: many clients take any other
    /// status for a fault that passes, and come back for ever (HTML section 9.2.3 knows 204 for that).
    private func refuse(_ id: String?, _ status: HTTPResponse.Status, _ explanation: String) -> HTTPServerResponse {
        if id != nil { return HTTPServerResponse(status: .noContent, headerFields: [.cacheControl: "no-store"]) }
        return HTTPServerResponse(status: status, text: explanation + "\n")
    }

    /// What says which pages of other origins may read the answer.
    private func accessFields(_ request: HTTPServerRequest) -> HTTPFields { [:] }

    /// Takes in a new stream until it ends.
    private func admit(_ stream: EventStreamConnection, _ visit: Visit, _ principal: Principal) {
        let subscriber = stream.subscriber
        do throws(ChannelTable<Channel>.TooManyChannels) {
            try service.join(visit.request, as: principal, over: subscriber) { place in
                guard let stream = subscriber.eventStream else { preconditionFailure("It is an event stream.") }
                EventGateway.enter(stream, visit, place)
            }
        } catch {
            // The last one was taken since the answer began. It comes back, and is refused then.
            stream.close()
        }
    }
}

extension HTTPField.Name {
    /// Where a client that comes back has come to (HTML section 9.2.4).
    static let lastEventID = HTTPField.Name.known("Last-Event-ID")

    private static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is the name of a field.") }
        return name
    }
}
