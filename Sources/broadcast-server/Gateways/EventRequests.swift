import HTTPTypes
import LWSSwift

/// How listeners come to the channels over HTTP: `GET /team` for a stream of events.
struct EventRequests: Sendable {
    let service: ChatService

    /// The answer to a GET or HEAD.
    func answer(_ request: HTTPServerRequest, in channel: ChannelName) throws(ProblemDetails) -> HTTPServerResponse {
        let visit = Visit(
            JoinRequest(channel: channel, identity: .none),
            form: .textEvents,
            query: request.query,
            lastEventID: request[.lastEventID]
        )
        if let problem = visit.problems.first { throw ProblemDetails(problem) }
        guard service.isListening else { throw .stopping }
        guard service.hasRoom(for: channel) else { throw .noRoom }
        let principal = Principal(address: request.remoteAddress)
        return .eventStream { admit($0, visit, principal, request.remoteAddress) }
    }

    /// Takes in a new stream until it ends.
    private func admit(
        _ stream: EventStreamConnection,
        _ visit: Visit,
        _ principal: Principal,
        _ address: SocketAddress?
    ) {
        let subscriber = stream.subscriber
        do throws(ChannelTable<Channel>.TooManyChannels) {
            // Who is refused comes back by itself.
            let refuse: @Sendable () -> Void = { subscriber.eventStream?.close() }
            try service.join(visit.request, as: principal, at: address, over: subscriber, refuse: refuse) { place in
                guard let stream = subscriber.eventStream else { preconditionFailure("It is an event stream.") }
                EventGateway.enter(stream, visit, place)
            }
        } catch {
            // The last one was taken since the answer began. It comes back, and is refused then.
            stream.close()
        }
    }
}
