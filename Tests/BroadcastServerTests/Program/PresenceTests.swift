import TestSupport
import Testing

@testable import broadcast_server

/// Who is told of whom, on the wire: the list that an observer keeps from what it hears is right at each place of the order.
@Suite(.timeLimit(.minutes(1))) struct PresenceTests {
    @Test(arguments: [1, 2])
    func `each count is the number of members that the observer knows of`(threads: Int) async throws {
        let server = try await RunningProgram.server(["--log-level", "warning", "--threads", "\(threads)"])
        let port = server.port
        let wrong = try await withThrowingTaskGroup(of: [String].self) { group in
            // Observers come amid the others, who come and go.
            let welcomed = Monitor(0)
            for number in 0..<24 {
                group.addTask {
                    let observer = try await JSONPeer.connected(to: port, "/?name=o\(number)")
                    welcomed.update { $0 += 1 }
                    return try await Self.observe(observer)
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { guests in
                for _ in 0..<6 {
                    guests.addTask {
                        for _ in 0..<8 {
                            let guest = try await JSONPeer.connected(to: port)
                            try await guest.peer.close()
                        }
                    }
                }
                try await guests.waitForAll()
            }
            await onThread { welcomed.wait { $0 == 24 ? () : nil } }
            let last = try await JSONPeer.connected(to: port)
            try await last.send(.message(text: Self.end))
            var all: [String] = []
            for try await some in group { all += some }
            return all
        }
        #expect(wrong.isEmpty)
    }

    private static let end = "the end"

    /// Follows what one is told until ``end``, and gives back where the list was wrong.
    private static func observe(_ observer: JSONPeer) async throws -> [String] {
        var known = Dictionary(uniqueKeysWithValues: (observer.welcome.members ?? []).map { ($0.id, $0.name) })
        var wrong: [String] = []
        if known.count != observer.welcome.count { wrong.append("welcomed by \(observer.welcome)") }
        while true {
            let object = try await observer.receive()
            switch object {
            case .joined(let presence):
                if known.updateValue(presence.member.name, forKey: presence.member.id) != nil {
                    wrong.append("again: \(object)")
                }
                if known.count != presence.count { wrong.append("\(known.count) members: \(object)") }
            case .left(let presence):
                if known.removeValue(forKey: presence.member.id) == nil { wrong.append("unknown: \(object)") }
                if known.count != presence.count { wrong.append("\(known.count) members: \(object)") }
            case .message(let message) where message.text == end: return wrong
            default: break
            }
        }
    }
}
