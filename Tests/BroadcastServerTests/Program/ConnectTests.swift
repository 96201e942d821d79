import Foundation
import TestSupport
import Testing

@testable import broadcast_server

/// `broadcast-server connect` as a process, with the real server and raw sockets on the other side.
@Suite(.timeLimit(.minutes(1))) struct ConnectTests {
    @Test(arguments: ["a\nb\n", "a\nb", "a\r\nb\r\n"])
    func `piped lines are all sent before the client leaves`(input: String) async throws {
        let server = try await RunningProgram.server()
        let peer = try await RawPeer.upgraded(port: server.port)
        try await server.waitForOutput("Total clients: 1\n")
        let client = try RunningProgram(["connect", server.url], input: input)
        #expect(try await peer.receive() == .text("Client 2: a"))
        #expect(try await peer.receive() == .text("Client 2: b"))
        #expect(try await client.exitCode() == 0)
        try await server.waitForOutput("Client 2 disconnected (1000 from the peer). Total clients: 1\n")
    }

    @Test func `many piped lines arrive whole and in order`() async throws {
        let server = try await RunningProgram.server(["--log-level", "warning"])
        let listener = try await RunningProgram.client(of: server)
        // More than a pipe holds.
        let lines = (0..<5_000).map { "line \($0) \(String(repeating: "-", count: 40))" }
        let client = try RunningProgram(["connect", server.url], input: lines.joined(separator: "\n"))
        #expect(try await client.exitCode() == 0)
        try await listener.waitForOutput("\(lines[4_999])\n")
        let bodies = listener.output.split(separator: "\n").map { $0.split(separator: ": ").last.map(String.init) }
        #expect(bodies == lines)
    }

    @Test func `a message is a line on the standard output, the rest is on the standard error and in the log file`()
        async throws
    {
        let server = try await RunningProgram.server()
        let client = try await RunningProgram.client(of: server, ["--log-file", "client.log"])
        let peer = try await RawPeer.upgraded(port: server.port)
        try await peer.send(.text("hello 👋"))
        try await client.waitForOutput("\n")
        #expect(client.output == "Client 2: hello 👋\n")
        #expect(client.error.hasSuffix("[INFO] ✅ Connected to chat server!\n"))
        client.endInput()
        #expect(try await client.exitCode() == 0)
        let form = #/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \[INFO\] 📩 Received: Client 2: hello 👋\n/#
        let file = try client.file("client.log")
        #expect(file.contains("Connected to chat server!") && file.firstMatch(of: form) != nil)
    }

    @Test func `without a terminal there is a log file only for those who ask for one`() async throws {
        let server = try await RunningProgram.server()
        let client = try await RunningProgram.client(of: server)
        client.endInput()
        #expect(try await client.exitCode() == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: client.directory).isEmpty)
    }

    @Test func `what people say is kept out of the log where that is wanted`() async throws {
        let server = try await RunningProgram.server(["--log-messages", "off"])
        let arguments = ["--log-file", "a.log", "--log-messages", "off"]
        let client = try await RunningProgram.client(of: server, arguments)
        let peer = try await RawPeer.upgraded(port: server.port)
        try await peer.send(.text("a secret"))
        try await client.waitForOutput("Client 2: a secret\n")
        client.type("another secret\n")
        client.endInput()
        #expect(try await client.exitCode() == 0)
        try await server.waitForFile("server.log", "Client 1 disconnected")
        for text in [try client.file("a.log"), try server.file("server.log"), server.output] {
            #expect(!text.isEmpty && !text.contains("secret"))
        }
    }

    @Test func `a peer cannot drive the terminal`() async throws {
        let server = try await RunningProgram.server()
        let client = try await RunningProgram.client(of: server)
        let peer = try await RawPeer.upgraded(port: server.port)
        try await peer.send(.text("\u{1B}[2J\r\nforged\u{202E}"))
        try await client.waitForOutput("Client 2: \\u{1B}[2J\\r\\nforged\\u{202E}\n")
    }

    @Test(arguments: ["connect", "publish"])
    func `in a pipe every line is a message, whatever it says`(command: String) async throws {
        let server = try await RunningProgram.server()
        let peer = try await RawPeer.upgraded(port: server.port)
        try await server.waitForOutput("Total clients: 1\n")
        let lines = ["a", "exit", "quit", "/quit", "/who", "//", "b"]
        let client = try RunningProgram([command, server.url], input: lines.joined(separator: "\n"))
        for line in lines { #expect(try await peer.receive() == .text("Client 2: \(line)")) }
        #expect(try await client.exitCode() == 0)
    }

    @Test func `a line that cannot be sent is told, and the others are sent`() async throws {
        let server = try await RunningProgram.server()
        let long = String(repeating: "x", count: Defaults.maximumMessageBytes + 1)
        let client = try RunningProgram(["connect", server.url], input: "one\n\(long)\nthree\n")
        #expect(try await client.exitCode() == ExitCode.badInput.rawValue)
        #expect(client.error.contains("[ERROR] Line 2 was not sent: it is longer than 1048576 bytes."))
        try await server.waitForOutput("Client 1: three\n")
    }

    @Test func `the largest line travels through the server to another client`() async throws {
        let server = try await RunningProgram.server()
        let listener = try await RunningProgram.client(of: server)
        // The client puts each line into an object with a key, which must fit as well.
        let largest = String(repeating: "x", count: Defaults.maximumMessageBytes - 101) + "!"
        let client = try RunningProgram(["connect", server.url], input: largest)
        #expect(try await client.exitCode() == 0)
        try await listener.waitForOutput("x!\n")
    }

    @Test func `the server's shutdown is told with its code, and is an exit code`() async throws {
        let server = try await RunningProgram.server()
        let client = try await RunningProgram.client(of: server, ["--no-reconnect"])
        server.signal(SIGTERM)
        #expect(try await client.exitCode() == ExitCode.serverWentAway.rawValue)
        #expect(client.error.contains("[ERROR] The server closed the connection (1012"))
        #expect(try await server.exitCode() == 0)
    }

    @Test func `the server's death is told as a lost connection`() async throws {
        let server = try await RunningProgram.server()
        let client = try await RunningProgram.client(of: server, ["--no-reconnect"])
        server.signal(SIGKILL)
        let code = try await client.exitCode()
        #expect(code == ExitCode.unavailable.rawValue, "\(client.error)")
        #expect(client.error.contains("[ERROR] The connection to the server was lost (1006"))
    }

    @Test(arguments: [(SIGINT, ExitCode.interrupted), (SIGTERM, .terminated), (SIGHUP, .hangup)])
    func `a signal leaves with a closing handshake`(signal: Int32, code: ExitCode) async throws {
        let server = try await RunningProgram.server()
        let client = try await RunningProgram.client(of: server)
        client.signal(signal)
        #expect(try await client.exitCode() == code.rawValue)
        try await server.waitForOutput("Client 1 disconnected (1000 from the peer). Total clients: 0\n")
    }

    @Test func `an output that cannot be written is an error`() async throws {
        let server = try await RunningProgram.server()
        let peer = try await RawPeer.upgraded(port: server.port)
        try await server.waitForOutput("Total clients: 1\n")
        let client = try RunningProgram(["connect", server.url], outputTo: "/dev/full")
        try await client.waitForError("Connected to chat server!\n")
        try await peer.send(.text("hello"))
        #expect(try await client.exitCode() == ExitCode.inputOutput.rawValue)
        #expect(client.error.contains("the standard output cannot be written: No space left on device"))
    }

    @Test(arguments: [
        ["connect", "--count", "1"], ["connect", "--expect", "hello", "--json"],
        ["tail", "--last", "1", "--count", "1"],
    ])
    func `the last write before a goal is reached is checked, too`(arguments: [String]) async throws {
        let server = try await RunningProgram.server()
        #expect(try await RunningProgram(["publish", server.url, "hello"]).exitCode() == 0)
        let last = arguments.contains("--last") ? [] : ["--last", "1"]
        let all = [arguments[0], server.url] + arguments.dropFirst() + last
        let client = try RunningProgram(all, outputTo: "/dev/full")
        #expect(try await client.exitCode() == ExitCode.inputOutput.rawValue, "\(client.error)")
        #expect(client.error.contains("No space left on device"))
    }

    @Test func `an output that cannot be written is told while more is to come, too`() async throws {
        let server = try await RunningProgram.server()
        #expect(try await RunningProgram(["publish", server.url, "hello"]).exitCode() == 0)
        let client = try RunningProgram(["tail", server.url, "--last", "1"], outputTo: "/dev/full")
        #expect(try await client.exitCode() == ExitCode.inputOutput.rawValue)
        #expect(client.error.contains("No space left on device"))
    }

    @Test func `a client whose output nobody reads any more leaves quietly`() async throws {
        let server = try await RunningProgram.server()
        let client = try await RunningProgram.client(of: server)
        client.closeOutput()
        let peer = try await RawPeer.upgraded(port: server.port)
        while client.isRunning {
            try await peer.send(.text("hello"))
            await Task.yield()
        }
        #expect(try await client.exitCode() == ExitCode.brokenPipe.rawValue)
        #expect(client.error.hasSuffix("Connected to chat server!\n"))
        try await server.waitForOutput("Client 1 disconnected (1000 from the peer). Total clients: 1\n")
    }
}
