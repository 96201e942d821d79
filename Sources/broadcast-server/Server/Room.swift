import HTTPTypes
import LWSSwift
import Logging

/// Everybody who is connected: brings the hub's decisions, the connections and the log together.
final class Room: Sendable {
    /// Held for a moment each time, and never while something is sent.
    let hub = Monitor(Hub<LoopBound<Channel>>())
    let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// Answers an opening handshake.
    func answer(_ request: HandshakeRequest) -> HandshakeResponse {
        switch Admission(path: request.path, query: request.query, subprotocols: request.subprotocols) {
        case .refused(let status, let explanation):
            return .reject(status: status, body: explanation + "\n")
        case .accepted(let join) where !hub.withLock({ $0.hasRoom(for: join.channel) }):
            return .reject(status: .serviceUnavailable, body: Self.tooManyChannels + "\n")
        case .accepted(let join):
            return .accept(
                subprotocol: join.session == nil ? nil : ChatProtocol.subprotocol,
                userInfo: join
            )
        }
    }

    /// Takes in a new connection until it ends.
    func admit(_ connection: LoopConnection) {
        guard let request = connection.handshake.userInfo as? JoinRequest else {
            preconditionFailure("The handshake of every connection was answered here.")
        }
        let loop = connection.connection.loop
        let joined = hub.withLock { hub in
            Result { () throws(Hub<LoopBound<Channel>>.TooManyChannels) in
                try hub.join(request, now: .now) { LoopBound(loop, Channel()) }
            }
        }
        guard case .success(let arrival) = joined else {
            // The last one was taken since the handshake.
            return connection.close(code: .tryAgainLater, reason: Self.tooManyChannels)
        }
        let id = arrival.id
        logger.info("Client \(id) connected. Total clients: \(arrival.total)")
        if arrival.isNamed || !request.channel.text.isEmpty {
            logger.info("Client \(id) is called \(arrival.welcome.name), in \(request.channel).")
        }
        let participant = Participant(arrival, connection, in: self)
        connection.onMessage(participant.receive)
        connection.onClose { [self] close in
            let departure = hub.withLock { $0.leave(id, now: .now) }
            participant.leave(departure)
            logger.info("Client \(id) disconnected (\(close)). Total clients: \(departure?.total ?? 0)")
        }
    }

    private static let tooManyChannels = "There are too many channels: use an existing one, or come back later."
}
