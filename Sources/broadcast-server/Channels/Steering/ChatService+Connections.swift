import LWSSwift
import Logging

/// Who is connected, for whoever runs the server. The loops are asked for some at a time, between which they serve.
extension ChatService {
    private static let atOnce = 1_000

    func participants(on loop: ServiceLoop) -> ParticipantList {
        guard let list = participants.first(where: { $0.loop === loop }) else {
            preconditionFailure("Connections are on the loops of the service.")
        }
        return list
    }

    @concurrent
    func connections(_ query: ConnectionQuery) async -> ConnectionSelection {
        var selection = ConnectionSelection(query)
        let filter = query.filter
        for list in participants {
            await Self.forEach(list) { member in
                filter.matches(member) ? ConnectionSample(member) : nil
            } take: {
                selection.add($0)
            }
        }
        selection.finish()
        return selection
    }

    /// Ends connections, not for ever: who is told not to come back may do so all the same.
    ///
    /// - Parameter code: for WebSockets; a stream of events just ends, and most of its clients come back by themselves.
    /// - Returns: how many.
    @concurrent
    func kick(_ filter: ConnectionFilter, _ code: WebSocketCloseCode, _ reason: String) async -> Int {
        var count = 0
        for list in participants {
            await Self.forEach(list) { member in
                filter.matches(member) && member.kick(code, reason) ? () : nil
            } take: {
                count += $0.count
            }
        }
        return count
    }

    private static func forEach<Found: Sendable>(
        _ list: ParticipantList,
        _ find: @escaping @Sendable (Participant) -> Found?,
        take: ([Found]) -> Void
    ) async {
        var end: Int?
        repeat {
            let start = end
            let part = try? await list.loop.run {
                var found: [Found] = []
                let next = list.look(before: start, atMost: atOnce) { member in
                    if let one = find(member) { found.append(one) }
                }
                return (found, next)
            }
            // The loop has ended, and with it all connections.
            guard let (found, next) = part else { return }
            take(found)
            end = next
        } while end != 0
    }
}

extension Participant {
    /// - Returns: whether it was open.
    fileprivate final func kick(_ code: WebSocketCloseCode, _ reason: String) -> Bool {
        let subscriber = membership.subscriber
        if let connection = subscriber.webSocket?.onLoop {
            guard connection.isOpen else { return false }
            connection.close(code: code, reason: reason)
        } else if let stream = subscriber.eventStream {
            guard stream.isOpen else { return false }
            stream.close()
        }
        return true
    }
}

extension WebSocketCloseCode {
    /// Whoever is closed with one of these is not to come back (docs/protocol.md).
    static let endingForGood: ClosedRange<UInt16> = 4_000...4_099
    /// Whoever runs the server has had it go.
    static let kicked = WebSocketCloseCode(rawValue: 4001)
}
