import HTTPTypes
import LWSSwift
import Logging
import Synchronization

/// Everybody who is connected: brings the hub's decisions, the connections and the log together.
///
/// It may live on several loops; each connection's calls are made on its own.
final class Room: Sendable {
    /// Held for a moment each time, and never while something is sent.
    let hub = Monitor(Hub<BroadcastGroup>())
    let settings: ChatSettings
    let logger: Logger
    /// Writes what a member said to the log: apart from the logger, since it happens for every message. nil when the log
    /// leaves it out.
    let logMessage: (@Sendable (ClientID, BorrowedMessage) -> Void)?
    private let loops: [ServiceLoop]
    private let hasStopped = Atomic(false)
    private let unacknowledged = Atomic(0)

    init(
        on loops: [ServiceLoop],
        _ settings: ChatSettings,
        logger: Logger,
        logMessage: (@Sendable (ClientID, BorrowedMessage) -> Void)?
    ) {
        self.loops = loops
        self.settings = settings
        self.logger = logger
        self.logMessage = logMessage
    }

    // MARK: Coming and going

    /// Answers an opening handshake.
    func answer(_ request: HandshakeRequest) -> HandshakeResponse {
        switch Admission(path: request.path, query: request.query, subprotocols: request.subprotocols) {
        case .refused(let status, let explanation):
            return .reject(status: status, body: explanation + "\n")
        case .accepted(let join) where !hub.withLock({ $0.hasRoom(for: join.channel) }):
            return .reject(status: .serviceUnavailable, body: Self.tooManyChannels + "\n")
        case .accepted(let join):
            return .accept(subprotocol: join.session == nil ? nil : ChatProtocol.subprotocol)
        }
    }

    /// Takes in a new connection until it ends.
    func admit(_ connection: LoopConnection) {
        // Asked for once more rather than kept with the handshake, which lasts as long as the connection.
        let handshake = connection.handshake
        let subprotocols = handshake.subprotocol.map { [$0] } ?? []
        let admission = Admission(path: handshake.path, query: handshake.query, subprotocols: subprotocols)
        guard case .accepted(let request) = admission else {
            preconditionFailure("The handshake of every connection was accepted here.")
        }
        let joined = hub.withLock { hub in
            Result { () throws(Hub<BroadcastGroup>.TooManyChannels) in
                try hub.join(request, now: .now, makeChannel: makeGroup)
            }
        }
        guard case .success(let arrival) = joined else {
            // The last one was taken since the handshake.
            return connection.close(code: .tryAgainLater, reason: Self.tooManyChannels)
        }
        let seat = arrival.seat
        logger.info("Client \(seat.id) connected. Total clients: \(arrival.total)")
        if seat.isNamed || seat.channel != .default {
            logger.info("Client \(seat.id) is called \(seat.member.name), in \(seat.channel).")
        }
        let participant = Participant(arrival, connection, in: self)
        connection.onBorrowedMessage { participant.receive($0) }
        connection.onClose { participant.left($0) }
    }

    private func makeGroup() -> BroadcastGroup {
        BroadcastGroup(
            on: loops,
            BroadcastGroup.Configuration(
                formats: MemberForm.allCases.count,
                slowMembers: settings.slowClients,
                compression: settings.compression
            )
        )
    }

    private static let tooManyChannels = "There are too many channels: use an existing one, or come back later."

    // MARK: Stopping

    /// Whether anything is still taken from the members.
    var isListening: Bool { !hasStopped.load(ordering: .relaxed) }

    /// A message that is to be acknowledged was taken; its place in the order is awaited.
    func taken() {
        unacknowledged.add(1, ordering: .relaxed)
    }

    /// A message has its place, and was acknowledged.
    func acknowledged() {
        unacknowledged.subtract(1, ordering: .relaxed)
    }

    /// Takes nothing more from the members, and returns when what was taken has been acknowledged and is on its way to all.
    ///
    /// Otherwise a member that the end of the server cuts off from its acknowledgement would say the same again to the next
    /// server. Messages travel between loops in jobs, which run in order: so what is asked of the loops afterwards, such
    /// as to close the connections, comes behind.
    func stop() async {
        hasStopped.store(true, ordering: .relaxed)
        repeat {
            // A loop hands on what a turn has brought at the end of the turn, which is over by the second job.
            for _ in 1...2 {
                for loop in loops { try? await loop.run {} }
            }
        } while unacknowledged.load(ordering: .relaxed) > 0
    }
}
