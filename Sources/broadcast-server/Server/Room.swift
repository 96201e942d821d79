import LWSSwift
import Logging
import Synchronization

/// The chat room of a server: a group of connections, whose ids and messages it logs.
///
/// It may live on several loops; each connection's calls are made on its own.
final class Room: Sendable {
    private let group: BroadcastGroup
    private let settings: ChatSettings
    private let logger: Logger
    private let lastID = Atomic<UInt64>(0)
    private let memberCount = Atomic<Int>(0)

    init(on loops: [ServiceLoop], _ settings: ChatSettings, logger: Logger) {
        group = BroadcastGroup(
            on: loops,
            BroadcastGroup.Configuration(slowMembers: settings.slowClients, compression: settings.compression)
        )
        self.settings = settings
        self.logger = logger
    }

    /// Takes in a new connection until it ends.
    func admit(_ connection: LoopConnection) {
        let id = ClientID(number: lastID.add(1, ordering: .relaxed).newValue)
        let member = group.join(connection) { [logger] loss in
            logger.warning("Client \(id) is too slow: \(loss.messageCount) messages were left out.")
        }
        let count = memberCount.add(1, ordering: .relaxed).newValue
        logger.info("Client \(id) connected. Total clients: \(count)")
        connection.onMessage { [self] message in
            logger.info("Client \(id): \(EscapedText.excerpt(message))")
            let wrapped = settings.envelope.wrap(message, from: id)
            group.trySend(wrapped, from: member, includingSender: settings.echoes)
        }
        connection.onClose { [self] close in
            let count = memberCount.subtract(1, ordering: .relaxed).newValue
            logger.info("Client \(id) disconnected (\(close)). Total clients: \(count)")
        }
    }
}
