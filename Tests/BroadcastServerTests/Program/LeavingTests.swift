import Foundation
import Glibc
import TestSupport
import Testing

@testable import broadcast_server

/// How a server goes, and how another one takes its place.
@Suite(.timeLimit(.minutes(1))) struct LeavingTests {
    private func closing(of peer: JSONPeer) async throws -> Int {
        try await peer.next { if case .closing(let closing) = $0 { closing.after } else { nil } }
    }

    @Test func `SIGTERM tells each client when to come back, one after another`() async throws {
        let server = try await RunningProgram.server(["--drain-rate", "10"])
        var peers: [JSONPeer] = []
        for _ in 0..<3 { peers.append(try await JSONPeer.connected(to: server.port)) }
        let (listener, _) = try await EventListener.connected(to: server.port)
        server.signal(SIGTERM)
        var times: [Int] = []
        for peer in peers {
            times.append(try await closing(of: peer))
            #expect(try await peer.peer.receive().closeCode == 1012)
            try await peer.peer.send(RawFrame(.close, [0x03, 0xF4]))
        }
        // Four have four slots, of which the stream has one.
        let slots = [1_000, 1_100, 1_200, 1_300]
        #expect(Set(times).count == 3)
        #expect(Set(times).isSubset(of: slots))
        let missing = try #require(Set(slots).subtracting(times).first)
        let rest = String(decoding: try await listener.peer.readToEnd(), as: UTF8.self)
        #expect(rest.contains("retry: \(missing)\n"))
        #expect(try await server.exitCode() == 0)
    }

    @Test func `plain clients go in their slots, and a server without others has ended then`() async throws {
        let server = try await RunningProgram.server(["--drain-rate", "5"])
        let peers = try await RawPeer.upgraded(3, port: server.port)
        try await server.waitForOutput("Total clients: 3")
        let start = ContinuousClock.now
        server.signal(SIGTERM)
        for peer in peers {
            let frame = try await peer.receive()
            #expect(frame.closeCode == 1012)
            try await peer.send(frame)
        }
        #expect(ContinuousClock.now - start >= .milliseconds(400))
        #expect(try await server.exitCode() == 0)
    }

    @Test func `before it goes it says that it is not ready, for as long as it was told`() async throws {
        let server = try await RunningProgram.server(["--drain-delay", "1m"])
        let http = try HTTPPeer(port: server.port)
        server.signal(SIGTERM)
        try await server.waitForOutput("Server stops (SIGTERM)")
        try await eventuallyReady(http, status: 503)
        _ = try await JSONPeer.connected(to: server.port)
        server.signal(SIGTERM)
        #expect(try await server.exitCode() == ExitCode.terminated.rawValue)
    }

    private func eventuallyReady(_ http: HTTPPeer, status: Int) async throws {
        let deadline = ContinuousClock.now + RunningProgram.patience
        while try await http.get("/readyz").status != status {
            try #require(ContinuousClock.now < deadline)
        }
    }

    @Test func `SIGUSR2 has another process take over, with what the state directory keeps`() async throws {
        let server = try await RunningProgram.server(["--state-dir", "state"])
        let first = try await JSONPeer.connected(to: server.port)
        try await first.send(.message(text: "before", key: "k"))
        let id = try await first.nextAcknowledgement().id
        server.signal(SIGUSR2)
        #expect(try await closing(of: first) == 0)
        // Whoever comes at once waits, and is taken in.
        let second = try await JSONPeer.connected(
            to: server.port,
            "/?after=\(id.rawValue)",
            session: first.welcome.session
        )
        try await second.send(.message(text: "before", key: "k"))
        let acknowledgement = try await second.nextAcknowledgement()
        #expect(acknowledgement.isDuplicate)
        #expect(acknowledgement.id == id)
        try await server.waitForOutput(" has its place.\n")
        let successor = try #require(
            server.output.firstMatch(of: /after \d+ ms process (\d+) has its place/).flatMap { Int32($0.1) }
        )
        #expect(kill(successor, SIGTERM) == 0)
        // Both have the same output.
        #expect(try await server.exitCode() == 0)
    }

    @Test func `a new process that cannot start changes nothing, and the reason is told`() async throws {
        let flags = ["start", "--host", "127.0.0.1", "--port", "0", "--config", "own.yaml"]
        let server = try RunningProgram(flags, behind: "echo 'echo: true' > own.yaml")
        try await server.waitForOutput("Server started at ws://")
        let peer = try await JSONPeer.connected(to: server.port)
        try Data("ecco: true\n".utf8).write(to: URL(filePath: server.directory + "/own.yaml"))
        server.signal(SIGUSR2)
        try await server.waitForOutput("The server goes on as it is. The new server cannot start: own.yaml:1:1")
        try await peer.send(.message(text: "still here", key: "k"))
        #expect(try await peer.nextMessage().text == "still here")
        server.signal(SIGTERM)
        #expect(try await closing(of: peer) == 1_000)
    }

    @Test func `the service manager hears of the beginning and of the end`() async throws {
        let socket = try NotifySocket()
        let server = try await RunningProgram.server(
            ["--drain-rate", "1"],
            environment: ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "500000"]
        )
        #expect(await socket.next() == ["READY=1", "STATUS=Serving at \(server.url)"])
        #expect(await socket.next() == ["WATCHDOG=1"])
        server.signal(SIGHUP)
        #expect(await socket.next(with: "RELOADING=1") != nil)
        #expect(await socket.next(with: "READY=1") != nil)
        server.signal(SIGTERM)
        #expect(await socket.next(with: "STOPPING=1") != nil)
        #expect(await socket.next(with: "EXTEND_TIMEOUT_USEC=") != nil)
        #expect(try await server.exitCode() == 0)
    }
}
