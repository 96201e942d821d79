import TestSupport
import Testing

@testable import broadcast_server

/// A node whose stream is taken away begins anew, under its old address.
@Suite(.timeLimit(.minutes(2))) struct LostStreamTests {
    @Test func `members come back to a node that begins anew, and are told by gap`() async throws {
        let nats = try await NATSServer.start()
        defer { withExtendedLifetime(nats) {} }
        let server = try await RunningProgram.server(["--cluster", nats.url])
        let ann = try await JSONPeer.connected(to: server.port)
        try await ann.send(.message(text: "one", key: "1"))
        let first = try await ann.nextAcknowledgement()
        try await onThread { Result { try JetStream(NATSConnection([nats.url], NATSAccess(), name: "t") { _ in }) } }
            .get().deleteStream("BROADCAST")
        // It closes everybody first.
        let frames = try await ann.peer.receiveToEnd()
        #expect(frames.last?.opcode == .close)
        try await server.waitForOutput("Server started at ws://", times: 2)
        let again = try await JSONPeer.connected(to: server.port, "/?after=\(first.id)", session: ann.welcome.session)
        #expect(!again.welcome.recovered)
        let gap = try await again.next { if case .gap(let gap) = $0 { gap } else { nil } }
        #expect(gap.reason == .epoch)
        try await again.send(.message(text: "two", key: "2"))
        #expect(try await again.nextAcknowledgement().isDuplicate == false)
        server.signal(15)
        #expect(try await server.exitCode() == 0)
    }
}
