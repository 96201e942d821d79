import HTTPTypes
import LWSSwift
import Logging

/// What is done to members and channels by whoever runs the server, who may do everything.
struct SteeringRoutes: Sendable {
    let service: ChatService

    // MARK: Kick

    /// Whom, and what they are told.
    private struct Kick: Decodable {
        static let members: Set = ["id", "channel", "subject", "address", "code", "reason"]

        var id: UInt64?
        var channel: String?
        var subject: String?
        var address: String?
        var code: UInt16?
        var reason: String?
    }

    func kick(_ request: HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse {
        let rule = ProblemDetails(
            .badRequest,
            .badBody,
            """
            Send an object of JSON with one or more of "id", "channel", "subject" and "address", and perhaps a "code" and a \
            "reason".
            """
        )
        let wish = try StrictJSON.decode(Kick.self, from: request.body, members: Kick.members, otherwise: rule)
        var filter: ConnectionFilter
        do throws(Problem) {
            filter = try ConnectionFilter(channel: wish.channel, subject: wish.subject, address: wish.address)
        } catch {
            throw ProblemDetails(error)
        }
        filter.id = wish.id.map(ClientID.init)
        // Nobody means everybody by saying nothing.
        guard !filter.isEmpty else { throw rule }
        let code = wish.code.map(WebSocketCloseCode.init) ?? .kicked
        let reason = wish.reason ?? ""
        guard code.isSendable, reason.utf8.count <= 123, EscapedText.escape(reason) == reason else {
            throw ProblemDetails(
                .badRequest,
                .badField,
                """
                A code is one that may stand in a close frame, such as 4001, and a reason has at most 123 bytes and no \
                control characters.
                """
            )
        }
        let count = await service.kick(filter, code, reason)
        let whom = EscapedText.excerpt(String(decoding: request.body, as: UTF8.self))
        service.logger.event(
            .notice,
            .kicked,
            Logger.Metadata([
                ("client", wish.id), ("channel", filter.channel), ("subject", wish.subject), ("address", wish.address),
                ("code", code.rawValue), ("count", count),
            ]),
            "Kicked \(count) connections: \(whom)"
        )
        var object = JSONWriter(capacity: 32)
        object.append(#"{"kicked":"#)
        object.append(count)
        object.append("}\n")
        return HTTPServerResponse(json: object)
    }

    // MARK: Channels

    func publish(_ request: HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse {
        try await PublishGateway(service: service).publish(request, in: try channel(of: request), by: nil)
    }

    /// Who listens here is no member: nobody is told, and it is not counted.
    func tail(_ request: HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse {
        let visit = Visit(
            JoinRequest(channel: try channel(of: request), identity: .none),
            form: .textEvents,
            query: request.query,
            lastEventID: request[.lastEventID]
        )
        if let problem = visit.problems.first { throw ProblemDetails(problem) }
        guard service.isListening else { throw .stopping }
        return .eventStream { [service] stream in service.observe(stream, visit) }
    }

    private func channel(of request: HTTPServerRequest) throws(ProblemDetails) -> ChannelName {
        guard let name = ChannelName(checking: QueryParameters(request.query)["channel"] ?? "") else {
            throw .noChannel
        }
        return name
    }
}

extension ChatService {
    /// Has a stream of the admin socket's listen to a channel, until it ends.
    fileprivate func observe(_ stream: EventStreamConnection, _ visit: Visit) {
        let subscriber = stream.subscriber
        let channel: Channel
        do throws(ChannelTable<Channel>.TooManyChannels) {
            channel = try directory.enter(visit.request.channel)
        } catch {
            return stream.close()
        }
        stream.onClose { _ in channel.endVisit() }
        channel.attendance(on: subscriber.loop) { [self] attendance in
            guard let stream = subscriber.eventStream, stream.isOpen else { return }
            _ = EventGateway.begin(stream, visit, channel, attendance, trouble)
        }
    }
}
