import Foundation
import TestSupport
import Testing

@testable import broadcast_server

/// `broadcast-server start` as a process, its clients being raw sockets.
@Suite(.timeLimit(.minutes(1))) struct StartTests {
    @Test func `a message goes to all others behind the sender's name, and not back`() async throws {
        let server = try await RunningProgram.server()
        let peers = try await RawPeer.upgraded(3, port: server.port)
        try await server.waitForOutput("Total clients: 3")
        try await peers[0].send(.text("hello"))
        try await peers[1].send(.text("hi there 👋"))
        // Each peer's first frame is of the others: what peer 0 and 1 said did not come back to them.
        #expect(try await peers[0].receive() == .text("Client 2: hi there 👋"))
        #expect(try await peers[1].receive() == .text("Client 1: hello"))
        #expect(try await peers[2].receive() == .text("Client 1: hello"))
        #expect(try await peers[2].receive() == .text("Client 2: hi there 👋"))
    }

    @Test func `binary messages pass unchanged`() async throws {
        let server = try await RunningProgram.server()
        let peers = try await RawPeer.upgraded(2, port: server.port)
        try await server.waitForOutput("Total clients: 2")
        try await peers[0].send(RawFrame(.binary, [0, 1, 254, 255]))
        #expect(try await peers[1].receive() == RawFrame(.binary, [0, 1, 254, 255]))
        try await server.waitForOutput("[INFO] Client 1: binary message of 4 bytes")
    }

    @Test func `the messages of one sender keep their order`() async throws {
        let server = try await RunningProgram.server(["--log-level", "warning"])
        let sender = try await RawPeer.upgraded(port: server.port)
        let receiver = try await RawPeer.upgraded(port: server.port)
        // One answer tells that both are members.
        try await receiver.send(.text("ready"))
        #expect(try await sender.receive() == .text("Client 2: ready"))
        for number in 0..<2_000 { try await sender.send(.text("\(number)")) }
        for number in 0..<2_000 { #expect(try await receiver.receive() == .text("Client 1: \(number)")) }
    }

    @Test func `who comes and goes is logged with the total`() async throws {
        let server = try await RunningProgram.server()
        let first = try await RawPeer.upgraded(port: server.port)
        try await server.waitForOutput(". Total clients: 1\n")
        let second = try await RawPeer.upgraded(port: server.port)
        try await server.waitForOutput(". Total clients: 2\n")
        for number in 1...2 {
            let line = "\\[INFO\\] Client \(number) connected \\(127\\.0\\.0\\.1:\\d+\\)\\. Total clients: \(number)\\n"
            let form = try Regex(line)
            #expect(server.output.contains(form), "\(server.output)")
        }
        try await first.close()
        try await server.waitForOutput("[INFO] Client 1 disconnected (1000 from the peer). Total clients: 1\n")
        try await second.close()
        try await server.waitForOutput("[INFO] Client 2 disconnected (1000 from the peer). Total clients: 0\n")
        try await server.waitForFile("server.log", "Client 2 disconnected (1000 from the peer). Total clients: 0")
    }

    @Test func `a connection that is reset is noticed at once`() async throws {
        let server = try await RunningProgram.server()
        let peer = try await RawPeer.upgraded(port: server.port)
        let other = try await RawPeer.upgraded(port: server.port)
        try await server.waitForOutput("Total clients: 2\n")
        await peer.reset()
        try await server.waitForOutput("[INFO] Client 1 disconnected (1006, connection lost). Total clients: 1\n")
        try await other.send(.text("still here"))
        try await server.waitForOutput("[INFO] Client 2: still here\n")
    }

    @Test func `the total is right however clients end`() async throws {
        let server = try await RunningProgram.server()
        let peers = try await RawPeer.upgraded(30, port: server.port)
        try await server.waitForOutput("Total clients: 30\n")
        for (number, peer) in peers.enumerated() {
            switch number % 3 {
            case 0: try await peer.close()
            case 1: await peer.end()
            default: await peer.reset()
            }
        }
        try await server.waitForOutput("Total clients: 0\n")
        #expect(server.output.matches(of: /disconnected \(1000 from the peer\)/).count == 10)
        #expect(server.output.matches(of: /disconnected \(1006, connection lost\)/).count == 20)
    }

    @Test func `bodies are escaped and cut in the log, and only there`() async throws {
        let server = try await RunningProgram.server()
        let peers = try await RawPeer.upgraded(2, port: server.port)
        try await server.waitForOutput("Total clients: 2\n")
        let text = "\u{1B}[31m\n" + String(repeating: "x", count: 300)
        try await peers[0].send(.text(text))
        #expect(
            try await peers[1].receive() == .text("Client 1: \u{1B}[31m\n  | " + String(repeating: "x", count: 300))
        )
        try await server.waitForOutput("[INFO] Client 1: \\u{1B}[31m\\nxxx")
        try await server.waitForOutput("x… (106 more bytes)\n")
        #expect(!server.output.contains("\u{1B}"))
    }

    @Test func `who publishes over HTTP is logged by name and address`() async throws {
        let server = try await RunningProgram.server()
        let http = try HTTPPeer(port: server.port)
        let batch = #"[{"text": "one"}, {"text": "two\n", "name": "bob"}]"#
        #expect(try await http.post("/?name=ann", batch, "Content-Type: application/json").status == 200)
        try await server.waitForOutput("two\\n\n")
        for line in [
            #/ \[INFO\] Publisher ann \(127\.0\.0\.1:\d+\): one\n/#, #/Publisher bob \(127\.0\.0\.1:\d+\): two\\n\n/#,
        ] {
            #expect(server.output.contains(line), "\(server.output)")
        }
        #expect(!server.output.contains("Client 0"))
    }

    @Test func `what is said is logged with its author and channel`() async throws {
        let server = try await RunningProgram.server()
        let ann = try await JSONPeer.connected(to: server, "/team?name=ann")
        try await ann.send(.message(text: "one"))
        try await server.waitForOutput("[INFO] Client 1 (ann) in /team: one\n")
        try await ann.send(.name("anna"))
        try await ann.send(.message(text: "two"))
        try await server.waitForOutput("[INFO] Client 1 (anna) in /team: two\n")
        try await ann.send(.name(""))
        try await ann.send(.message(text: "three", key: "k"))
        try await server.waitForOutput("[INFO] Client 1 in /team: three\n")
    }

    @Test(arguments: [
        ("/a/b", [], "404"), ("/?name=a:b", [], "400"), ("/%ff", [], "400"),
        ("/", ["Origin: http://evil.example"], "403"),
    ])
    func `a handshake that is refused is logged with the reason`(
        path: String,
        fields: [String],
        status: String
    ) async throws {
        let server = try await RunningProgram.server()
        let peer = try RawPeer(port: server.port)
        try await peer.write(RawRequest(path: path, fields: RawRequest.requiredFields + fields).bytes)
        #expect(try await peer.readHead().hasPrefix("HTTP/1.1 \(status) "))
        let line = "\\[INFO\\] Refused a handshake of 127\\.0\\.0\\.1:\\d+ with \(status), for .+: .+\\n"
        try await server.waitForOutput("with \(status), for ")
        let form = try Regex(line)
        #expect(server.output.contains(form), "\(server.output)")
    }

    @Test(arguments: ["ln -s victim server.log", "mkfifo server.log", "mkdir server.log"])
    func `a log file that nobody has asked for is left out where it cannot be written`(obstacle: String) async throws {
        let server = try RunningProgram(["start", "--host", "127.0.0.1", "--port", "0"], behind: obstacle)
        try await server.waitForOutput("✅ Server started at ws://127.0.0.1:")
        try await server.waitForError("[WARNING] Cannot write the log file server.log: ")
        #expect(!FileManager.default.fileExists(atPath: server.directory + "/victim"))
        let strict = try RunningProgram(
            ["start", "--host", "127.0.0.1", "--port", "0", "--log-file", "server.log"],
            behind: obstacle
        )
        #expect(try await strict.exitCode() == ExitCode.cannotCreateFile.rawValue)
    }

    @Test func `the log goes to a file, at the level asked for`() async throws {
        let server = try await RunningProgram.server(["--log-file", "other.log", "--log-level", "warning"])
        let peer = try await RawPeer.upgraded(port: server.port)
        try await peer.close()
        server.signal(SIGTERM)
        #expect(try await server.exitCode() == 0)
        #expect(try server.file("other.log") == "")
        #expect(server.output == "✅ Server started at \(server.url)\n")
    }

    @Test func `variables of the environment set what no flag sets`() async throws {
        let server = try RunningProgram(
            ["start", "--host", "127.0.0.1"],
            environment: [
                "BROADCAST_SERVER_PORT": "0", "BROADCAST_SERVER_HOST": "nonsense",
                "BROADCAST_SERVER_NO_LOG_FILE": "true",
            ]
        )
        try await server.waitForOutput("✅ Server started at ws://127.0.0.1:")
        #expect(!FileManager.default.fileExists(atPath: server.directory + "/server.log"))
    }

    @Test(arguments: [(SIGINT, 1001, ""), (SIGTERM, 1012, " \"The server goes: connect again.\"")])
    func `a signal stops the server gracefully`(signal: Int32, code: UInt16, reason: String) async throws {
        let server = try await RunningProgram.server()
        let peer = try await RawPeer.upgraded(port: server.port)
        try await server.waitForOutput("Total clients: 1\n")
        server.signal(signal)
        let frame = try await peer.receive()
        #expect(frame.closeCode == code)
        try await peer.send(frame)
        #expect(try await server.exitCode() == 0)
        let line = "[INFO] Client 1 disconnected (\(code)\(reason) from this side). Total clients: 0\n"
        #expect(server.output.contains(line))
        #expect(server.output.hasSuffix("[INFO] Server stopped.\n"))
        #expect(try server.file("server.log").hasSuffix("[INFO] Server stopped.\n"))
        #expect(server.error == "")
    }

    @Test(arguments: [(SIGINT, ExitCode.interrupted), (SIGTERM, .terminated)])
    func `a second signal ends the server at once`(signal: Int32, code: ExitCode) async throws {
        let server = try await RunningProgram.server()
        // A peer that does not answer the close frame would hold the server up for seconds.
        let peer = try await RawPeer.upgraded(port: server.port)
        try await server.waitForOutput("Total clients: 1\n")
        server.signal(signal)
        try await server.waitForOutput("Server stops")
        server.signal(signal)
        #expect(try await server.exitCode() == code.rawValue)
        withExtendedLifetime(peer) {}
    }

    @Test func `after a hangup the log goes to a new file of the same name`() async throws {
        let server = try await RunningProgram.server()
        try await server.waitForFile("server.log", "Server started")
        let path = server.directory + "/server.log"
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        server.signal(SIGHUP)
        while !FileManager.default.fileExists(atPath: path) { await Task.yield() }
        let peer = try await RawPeer.upgraded(port: server.port)
        try await server.waitForFile("server.log", "Client 1 connected")
        #expect(try !server.file("server.log.1").contains("Client 1 connected"))
        try await peer.close()
    }

    @Test func `a server whose output nobody reads any more ends quietly`() async throws {
        let server = try await RunningProgram.server()
        server.closeOutput()
        while server.isRunning {
            // Comings and goings are logged until the output is found closed; then nobody listens any more.
            let peer = try? await RawPeer.upgraded(port: server.port)
            await peer?.reset()
        }
        #expect(try await server.exitCode() == ExitCode.brokenPipe.rawValue)
        #expect(server.error == "")
    }

    @Test func `an IPv6 address stands in brackets`() async throws {
        let server = try await RunningProgram.server(["--host", "::1"])
        #expect(server.url == "ws://[::1]:\(server.port)")
    }
}
