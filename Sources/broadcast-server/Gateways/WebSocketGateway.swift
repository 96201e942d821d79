import HTTPTypes
import LWSSwift
import Logging

/// How WebSocket clients come to the channels: answers their handshakes, and takes them in as what they are.
struct WebSocketGateway: Sendable {
    let service: ChatService

    /// Which web pages may connect.
    let origins: OriginPolicy

    /// Answers an opening handshake.
    func answer(_ request: HandshakeRequest) -> HandshakeResponse {
        guard origins.allows(origin: request.origin, host: request.host) else {
            let origin = request.origin ?? ""
            return refuse(
                request,
                .forbidden,
                "Pages of this origin may not connect. See start --allow-origin.",
                origin
            )
        }
        switch Admission(path: request.path, query: request.query, subprotocols: request.subprotocols) {
        case .refused(let status, let explanation):
            return refuse(request, status, explanation, request.path)
        case .accepted(let visit) where !service.hasRoom(for: visit.request.channel):
            return refuse(request, .serviceUnavailable, ChatService.tooManyChannels, request.path)
        case .accepted(let visit):
            guard visit.form == .json else { return .accept() }
            // What else it offered is not kept with the connection, nor echoed.
            guard case .returning(let session) = visit.request.identity else {
                return .accept(subprotocol: ChatProtocol.subprotocol)
            }
            return .accept(subprotocol: ChatProtocol.subprotocol, userInfo: session)
        }
    }

    /// - Parameter what: the client came with, for the log.
    private func refuse(
        _ request: HandshakeRequest,
        _ status: HTTPResponse.Status,
        _ explanation: String,
        _ what: String
    ) -> HandshakeResponse {
        let address = request.remoteAddress.map { " of \($0)" } ?? ""
        service.logger.info(
            "Refused a handshake\(address) with \(status.code), for \(EscapedText.excerpt(what)): \(explanation)"
        )
        return .reject(status: status, body: explanation + "\n")
    }

    /// Takes in a new connection until it ends.
    func admit(_ connection: LoopConnection) {
        let visit = visit(of: connection.handshake)
        let handle = connection.connection
        let principal = Principal(address: connection.handshake.remoteAddress)
        do throws(ChannelTable<Channel>.TooManyChannels) {
            let address = connection.handshake.remoteAddress
            let refuse: @Sendable () -> Void = {
                handle.onLoop.close(code: .tryAgainLater, reason: Channel.unavailable.message)
            }
            let subscriber = handle.subscriber
            let channel = try service.join(visit.request, as: principal, at: address, over: subscriber, refuse: refuse)
            {
                place in
                switch visit.form {
                case .text: TextGateway.enter(handle.onLoop, visit, place)
                case .json: JSONGateway.enter(handle.onLoop, visit, place)
                case .textEvents, .jsonEvents: preconditionFailure("Events are sent over HTTP.")
                }
                handle.onLoop.resumeReading()
            }
            // Nothing that it sends is looked at before it is a member.
            if !channel.answersAtOnce { connection.pauseReading() }
        } catch {
            // The last one was taken since the handshake.
            connection.close(code: .tryAgainLater, reason: ChatService.tooManyChannels)
        }
    }

    /// Read once more rather than kept with the handshake, which lasts as long as the connection.
    private func visit(of handshake: Handshake) -> Visit {
        let subprotocols = handshake.subprotocol.map { [$0] } ?? []
        guard
            case .accepted(var visit) = Admission(
                path: handshake.path,
                query: handshake.query,
                subprotocols: subprotocols
            )
        else {
            preconditionFailure("The handshake of every connection was accepted here.")
        }
        if let session = handshake.userInfo as? SessionID { visit.request.identity = .returning(session) }
        return visit
    }
}
