import HTTPTypes
import LWSSwift

/// How WebSocket clients come to the channels: answers their handshakes, and takes them in as what they are.
struct WebSocketGateway: Sendable {
    let service: ChatService
    /// Which web pages may connect, and by which names of the server.
    let doors: NetworkDoors

    /// Answers an opening handshake.
    func answer(_ request: HandshakeRequest) -> HandshakeResponse {
        guard doors.names.allow(request.host) else {
            return refuse(request, .foreignHost, request.host ?? "")
        }
        guard doors.origins.allows(origin: request.origin, host: request.host) else {
            return refuse(request, .foreignOrigin, request.origin ?? "")
        }
        let address = request.remoteAddress
        if let (refusal, wait) = service.limits.judgeArrival(AddressShare(address), address) {
            return refuse(request, ProblemDetails(refusal, retryAfter: wait), request.path)
        }
        let visit: Visit
        do throws(ProblemDetails) {
            visit = try Visit(path: request.path, query: request.query, subprotocols: request.subprotocols)
        } catch {
            return refuse(request, error, request.path)
        }
        if let refusal = service.refusal(of: visit.request.channel, by: Principal(address: address)) {
            return refuse(request, ProblemDetails(refusal), request.path)
        }
        let presented = PresentedToken(request, cookieName: service.access.cookieName)
        if let known = service.access.known(presented) { return answer(request, visit, known) }
        return .deferred { [self] in
            do throws(AccessFault) {
                return answer(request, visit, .success(try await service.access.grant(presented)))
            } catch {
                return answer(request, visit, .failure(error))
            }
        }
    }

    /// Answers what is otherwise right, by what the client was granted.
    private func answer(
        _ request: HandshakeRequest,
        _ visit: Visit,
        _ granted: Result<Grant, AccessFault>
    ) -> HandshakeResponse {
        do throws(AccessFault) {
            let grant = try granted.get()
            var entrance = visit
            _ = try entrance.enter(with: grant, service.access)
            // A client of plain text could not be told later.
            if visit.form == .text { try entrance.requireAll(of: grant, service.access) }
            guard visit.form == .json else { return .accept(userInfo: Entrance(grant, nil)) }
            // What else it offered is not kept with the connection, nor echoed.
            return .accept(
                subprotocol: ChatProtocol.subprotocol,
                userInfo: Entrance(grant, visit.request.identity.session)
            )
        } catch {
            let problem = ProblemDetails(error)
            // Browsers do not tell their pages why a handshake was refused.
            guard visit.form == .json else { return refuse(request, problem, request.path) }
            log(request, problem, request.path)
            return .accept(subprotocol: ChatProtocol.subprotocol, userInfo: Entrance.refused(error))
        }
    }

    /// - Parameter what: the client came with, for the log.
    private func refuse(_ request: HandshakeRequest, _ problem: ProblemDetails, _ what: String) -> HandshakeResponse {
        log(request, problem, what)
        return .reject(status: problem.status, headerFields: problem.headerFields, body: problem.detail + "\n")
    }

    private func log(_ request: HandshakeRequest, _ problem: ProblemDetails, _ what: String) {
        service.counters.refusedHandshake(problem.code)
        let address = request.remoteAddress.map { " of \($0)" } ?? ""
        service.refusals.log(request.remoteAddress, status: problem.status.code) {
            "Refused a handshake\(address) with \(problem.status.code), for \(EscapedText.excerpt(what)): \(problem.detail)"
        }
    }

    /// Takes in a new connection until it ends.
    func admit(_ connection: LoopConnection) {
        var visit = visit(of: connection.handshake)
        let (principal, rights): (Principal, ChannelRights)
        do throws(AccessFault) {
            (principal, rights) = try enter(connection, &visit)
        } catch {
            connection.refuse(error)
            return
        }
        guard service.limits.hasRoom(for: principal.share, connection.handshake.remoteAddress) else {
            // Others have come since the handshake.
            return connection.close(code: .tryAgainLater, reason: Refusal.addressIsFull.explanation)
        }
        let handle = connection.connection
        do throws(ChannelTable<Channel>.TooManyChannels) {
            let address = connection.handshake.remoteAddress
            let refuse: @Sendable () -> Void = {
                handle.onLoop.close(code: .tryAgainLater, reason: Channel.unavailable.message)
            }
            let subscriber = handle.subscriber
            let channel = try service.join(
                visit.request,
                as: principal,
                with: rights,
                at: address,
                over: subscriber,
                refuse: refuse
            ) { [visit] place in
                switch visit.form {
                case .text: TextGateway.enter(handle.onLoop, visit, place)
                case .json, .quietJSON: JSONGateway.enter(handle.onLoop, visit, place)
                case .textEvents, .quietTextEvents, .jsonEvents, .quietJSONEvents:
                    preconditionFailure("Events are sent over HTTP.")
                }
                handle.onLoop.resumeReading()
            }
            // Nothing that it sends is looked at before it is a member.
            if !channel.answersAtOnce { connection.pauseReading() }
        } catch {
            // The last one was taken since the handshake.
            connection.close(code: .tryAgainLater, reason: error.refusal.explanation)
        }
    }

    /// Looks once more at what the client may, since it is another moment.
    private func enter(
        _ connection: LoopConnection,
        _ visit: inout Visit
    ) throws(AccessFault) -> (Principal, ChannelRights) {
        let grant: Grant
        switch connection.handshake.userInfo as? Entrance {
        case .refused(let fault)?: throw fault
        case .granted(let own, let session)?:
            grant = own
            if let session { visit.request.identity = .returning(session) }
        case nil: grant = service.access.anonymousGrant
        }
        let rights = try visit.enter(with: grant, service.access)
        return (Principal(address: connection.handshake.remoteAddress, grant), rights)
    }

    /// Read once more rather than kept with the handshake, which lasts as long as the connection.
    private func visit(of handshake: Handshake) -> Visit {
        do throws(ProblemDetails) {
            return try Visit(
                path: handshake.path,
                query: handshake.query,
                subprotocols: handshake.subprotocol.map { [$0] } ?? []
            )
        } catch {
            preconditionFailure("The handshake of every connection was accepted here.")
        }
    }
}

/// What is kept of a handshake beside what the connection keeps; nothing of one that came with nothing.
private enum Entrance: Sendable {
    case granted(Grant, SessionID?)
    /// It is told over the connection, which ends with that.
    case refused(AccessFault)

    init?(_ grant: Grant, _ session: SessionID?) {
        guard session != nil || grant.source != .nothing else { return nil }
        self = .granted(grant, session)
    }
}

extension LoopConnection {
    /// Tells a client of objects why it may not stay.
    fileprivate func refuse(_ fault: AccessFault) {
        _ = trySend(ChatProtocol.encode(ServerObject.error(fault.problem)))
        close(code: fault.closeCode, reason: fault.description)
    }
}

extension JoinRequest.Identity {
    fileprivate var session: SessionID? {
        guard case .returning(let session) = self else { return nil }
        return session
    }
}
