import HTTPTypes
import LWSSwift

/// How listeners come to the channels over HTTP: `GET /team` for a stream of events.
struct EventRequests: Sendable {
    let service: ChatService

    /// The answer to a GET or HEAD.
    func answer(_ request: HTTPServerRequest, in channel: ChannelName) async throws(ProblemDetails)
        -> HTTPServerResponse
    {
        var visit = Visit(
            JoinRequest(channel: channel, identity: .none),
            form: .textEvents,
            query: request.query,
            lastEventID: request[.lastEventID]
        )
        if let problem = visit.problems.first { throw ProblemDetails(problem) }
        guard service.isListening else { throw .stopping }
        let address = request.remoteAddress
        if let (refusal, wait) = service.limits.judgeArrival(AddressShare(address), address) {
            throw ProblemDetails(refusal, retryAfter: wait)
        }
        if let refusal = service.refusal(of: channel, by: Principal(address: address)) { throw ProblemDetails(refusal) }
        let (grant, rights) = try await service.admit(request, to: channel, needing: .subscribe)
        do throws(AccessFault) {
            _ = try visit.enter(with: grant, service.access)
        } catch {
            throw ProblemDetails(error)
        }
        if let fault = visit.nameFault { throw ProblemDetails(fault) }
        let principal = Principal(address: request.remoteAddress, grant)
        return .eventStream { [visit] stream in admit(stream, visit, principal, rights, request.remoteAddress) }
    }

    /// Takes in a new stream until it ends.
    private func admit(
        _ stream: EventStreamConnection,
        _ visit: Visit,
        _ principal: Principal,
        _ rights: ChannelRights,
        _ address: SocketAddress?
    ) {
        let subscriber = stream.subscriber
        // Others may have come since the answer began. It comes back, and is refused then.
        guard service.limits.hasRoom(for: principal.share, address) else { return stream.close() }
        do throws(ChannelTable<Channel>.TooManyChannels) {
            // Who is refused comes back by itself.
            let refuse: @Sendable () -> Void = { subscriber.eventStream?.close() }
            try service.join(
                visit.request,
                as: principal,
                with: rights,
                at: address,
                over: subscriber,
                refuse: refuse
            ) { place in
                guard let stream = subscriber.eventStream else { preconditionFailure("It is an event stream.") }
                EventGateway.enter(stream, visit, place)
            }
        } catch {
            // The last one was taken since the answer began. It comes back, and is refused then.
            stream.close()
        }
    }
}
