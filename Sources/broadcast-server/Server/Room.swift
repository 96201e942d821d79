import LWSSwift
import Logging

/// The chat room of a server: connects the hub's decisions with the connections and the log.
///
/// It belongs to the service loop, on which all of its calls are made; hence it needs no lock.
final class Room {
    private var hub = Hub<LoopConnection>()
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// Takes in a new connection until it ends.
    func admit(_ connection: LoopConnection) {
        let id = hub.join(connection)
        let envelope = Envelope(sender: id)
        logger.info("Client \(id) connected. Total clients: \(hub.count)")
        connection.onMessage { [self] message in
            logger.info("Client \(id): \(EscapedText.excerpt(message))")
            broadcast(envelope.wrap(message), from: id)
        }
        connection.onClose { [self] close in
            hub.leave(id)
            logger.info("Client \(id) disconnected (\(close)). Total clients: \(hub.count)")
        }
    }

    /// Sends one message to everybody but its sender. Who cannot keep up is let go, rather than being kept with gaps.
    private func broadcast(_ message: WebSocketMessage, from sender: ClientID) {
        for recipient in hub.recipients(of: sender) where recipient.trySend(message) == .dropped {
            // Does nothing to one that is closing already.
            recipient.close(code: .policyViolation, reason: "Too slow: the messages that wait exceed the limit.")
        }
    }
}
