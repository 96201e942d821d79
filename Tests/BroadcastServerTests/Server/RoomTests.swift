import LWSSwift
import Logging
import TestSupport
import Testing

@testable import broadcast_server

/// A room in the tests' own process, whose loops can be held up.
@Suite(.timeLimit(.minutes(1))) struct RoomTests {
    @Test func `a key that comes again before its message has its place is acknowledged with it`() async throws {
        let loops = [try await ServiceLoop.start(), try await ServiceLoop.start()]
        let logger = Logger(label: "room") { _ in SwiftLogNoOpLogHandler() }
        let room = Room(on: loops, ChatSettings(), logger: logger, logMessage: nil)
        var configuration = WebSocketServer.Configuration(host: "127.0.0.1", port: 0)
        configuration.handshake = room.answer
        let loopOfMember = Monitor<[ObjectIdentifier]>([])
        let server = try await WebSocketServer.start(configuration, on: loops) { connection in
            loopOfMember.update { $0.append(ObjectIdentifier(connection.connection.loop)) }
            room.admit(connection)
        }
        let port = try #require(server.port)
        let listener = try await JSONPeer.connected(to: port, "/?name=listener")
        // Members are spread evenly: one of the next two shares a loop with a third, apart from the one that gives order.
        let session = SessionID.random()
        var members: [JSONPeer] = []
        while loopOfMember.withLock({ all in all.count { $0 == ObjectIdentifier(loops[1]) } }) < 2 {
            members.append(try await JSONPeer.connected(to: port, "/?name=ann&session=\(session)"))
        }
        let isOnSecondLoop = loopOfMember.withLock { all in all.dropFirst().map { $0 == ObjectIdentifier(loops[1]) } }
        let twins = zip(members, isOnSecondLoop).filter(\.1).map(\.0)
        try #require(twins.count == 2)

        let mayGoOn = Monitor(false)
        loops[0].execute { mayGoOn.wait { $0 ? () : nil } }
        try await twins[0].send(.message(text: "hi", key: "a"))
        // By the answer to a ping behind it, the first was taken; its place has to wait.
        try await twins[0].peer.send(RawFrame(.ping))
        while try await twins[0].peer.receive().opcode != .pong {}
        try await twins[1].send(.message(text: "hi", key: "a"))
        try await loops[1].run {}
        mayGoOn.update { $0 = true }

        let acknowledgements = [try await twins[0].acknowledgement(), try await twins[1].acknowledgement()]
        #expect(acknowledgements[0] == acknowledgements[1])
        try await twins[0].send(.message(text: "that was all"))
        #expect(try await listener.texts(2) == ["hi", "that was all"])
        await server.shutdown(deadline: .zero)
        for loop in loops { await loop.shutdown() }
    }
}

extension JSONPeer {
    /// The next acknowledgement; what comes before is left out.
    fileprivate func acknowledgement() async throws -> Acknowledgement {
        while true {
            if case .ack(let acknowledgement) = try await receive() { return acknowledgement }
        }
    }

    /// What the next messages say; other objects are left out.
    fileprivate func texts(_ count: Int) async throws -> [String] {
        var texts: [String] = []
        while texts.count < count {
            if case .message(let message) = try await receive() { texts.append(message.text) }
        }
        return texts
    }
}
