import Foundation
import Glibc
import TestSupport
import Testing

@testable import broadcast_server

/// `--state`: what outlives the client, however it ends.
@Suite(.timeLimit(.minutes(1))) struct StateTests {
    private func texts(_ state: SavedState) -> [String] {
        state.unsent.compactMap { if case .text(let text) = $0.content { text } else { nil } }
    }

    @Test func `a client that was killed goes on where it was, as who it was`() async throws {
        let (listener, directory) = (try RawListener(), try TestDirectory())
        let client = try RunningProgram(["connect", listener.url, "--last", "5", "--state", directory.stateFile])
        let first = try await ChatPeer.accept(listener)
        #expect(first.target == "/?last=5")
        try await first.say("one", "1.1")
        try await first.say("two", "1.2")
        try await directory.wait { $0.position == "1.2" && $0.session != nil }
        client.signal(SIGKILL)
        _ = try await client.exitCode()
        let again = try RunningProgram(
            ["connect", listener.url, "--last", "5", "--state", directory.stateFile],
            input: ""
        )
        let second = try await ChatPeer.accept(listener, position: "1.2", recovered: true)
        #expect(second.target == "/?after=1.2" && second.shownSession == ChatPeer.session)
        try await second.endOfClient()
        #expect(try await again.exitCode() == 0)
    }

    @Test func `a client that leaves has its very last position`() async throws {
        let (listener, directory) = (try RawListener(), try TestDirectory())
        for signal in [nil, SIGTERM] {
            let client = try RunningProgram(["connect", listener.url, "--state", directory.stateFile])
            let peer = try await ChatPeer.accept(listener)
            for number in 1...100 { try await peer.say("\(number)", PositionText(rawValue: "1.\(number)")) }
            try await client.waitForOutput("ann: 100\n")
            if let signal { client.signal(signal) } else { client.endInput() }
            try await peer.endOfClient()
            _ = try await client.exitCode()
            #expect(try directory.state().position == "1.100")
        }
    }

    @Test func `a client that has what it came for leaves the rest to the next run`() async throws {
        let (listener, directory) = (try RawListener(), try TestDirectory())
        for number in 1...2 {
            let client = try RunningProgram([
                "connect", listener.url, "--count", "1", "--state", directory.stateFile,
            ])
            let peer = try await ChatPeer.accept(listener, position: PositionText(rawValue: "1.\(number - 1)"))
            #expect(peer.target == (number == 1 ? "/" : "/?after=1.1"))
            for next in number...3 { try await peer.say("\(next)", PositionText(rawValue: "1.\(next)")) }
            try await peer.endOfClient()
            #expect(try await client.exitCode() == 0)
            #expect(client.output == "ann: \(number)\n")
            #expect(try directory.state().position?.rawValue == "1.\(number)")
        }
    }

    @Test func `a line is in the file before anybody can see it, and leaves it when it is acknowledged`() async throws {
        let (listener, directory) = (try RawListener(), try TestDirectory())
        let client = try RunningProgram(["connect", listener.url, "--state", directory.stateFile])
        let peer = try await ChatPeer.accept(listener)
        for number in 1...5 {
            client.type("line \(number)\n")
            let (text, key) = try await peer.nextMessage()
            #expect(try directory.state().unsent.last == Outbox.Entry(key: key, content: .text(text)))
            // Without the session the key means nothing.
            #expect(try directory.state().session?.description == ChatPeer.session)
            try await peer.acknowledge(key)
        }
        try await directory.wait { $0.unsent.isEmpty }
        client.endInput()
        try await peer.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `lines that were not sent, or not acknowledged, are sent by the next run under the same keys`()
        async throws
    {
        let (listener, directory) = (try RawListener(), try TestDirectory())
        let client = try RunningProgram(["connect", listener.url, "--state", directory.stateFile])
        let first = try await ChatPeer.accept(listener)
        client.type("sent\n")
        let (_, key) = try await first.nextMessage()
        try await first.close(1001)
        try await client.waitForError("Connecting again…")
        client.type("typed\noffline\n")
        try await directory.wait { texts($0) == ["sent", "typed", "offline"] }
        client.signal(SIGKILL)
        _ = try await client.exitCode()
        let keys = try directory.state().unsent.map(\.key)
        #expect(keys.first == key)

        // The one that was killed has left an attempt to connect.
        let again = try RunningProgram(["publish", listener.url, "--state", directory.stateFile, "new"])
        let second = try await acceptAlive(listener)
        for (text, key) in zip(["sent", "typed", "offline"], keys) {
            #expect(try await second.nextMessage() == (text, key))
            try await second.acknowledge(key)
        }
        let (text, last) = try await second.nextMessage()
        #expect(text == "new" && !keys.contains(last))
        try await second.acknowledge(last)
        try await second.endOfClient()
        #expect(try await again.exitCode() == 0)
        #expect(try directory.state().unsent.isEmpty)
    }

    /// Waits for a client that is still there.
    private func acceptAlive(_ listener: RawListener) async throws -> ChatPeer {
        while true {
            if let peer = try? await ChatPeer.accept(listener) { return peer }
        }
    }

    @Test func `who leaves with lines unsent is told where they are`() async throws {
        let (listener, directory) = (try RawListener(), try TestDirectory())
        let client = try RunningProgram([
            "connect", listener.url, "--no-reconnect", "--state", directory.stateFile, "--send", "one", "--send", "two",
        ])
        let peer = try await ChatPeer.accept(listener)
        _ = try await peer.nextMessage()
        _ = try await peer.nextMessage()
        try await peer.close(1000)
        #expect(try await client.exitCode() == ExitCode.unavailable.rawValue)
        let hint = "2 messages were not sent. The next run with \(directory.stateFile) sends what is left."
        #expect(client.error.contains(hint))
        #expect(texts(try directory.state()) == ["one", "two"])
    }

    @Test func `of thousands of lines none is lost or doubled when the client is killed among them`() async throws {
        let (listener, directory) = (try RawListener(), try TestDirectory())
        var memory = KeyedMemory()
        let lines = (0..<5_000).map { "line \($0)" }
        var client = try RunningProgram(
            ["publish", listener.url, "--state", directory.stateFile],
            input: lines.map { $0 + "\n" }.joined()
        )
        for limit in [1_111, 1_234, nil] {
            let peer = try await acceptAlive(listener)
            while limit.map({ memory.texts.count < $0 }) ?? true {
                guard let (text, key) = try await peer.nextMessageOrEnd() else { break }
                memory.take(text, key)
                try await peer.acknowledge(key)
            }
            if limit != nil { client.signal(SIGKILL) }
            let code = try await client.exitCode()
            if limit == nil { #expect(code == 0, "\(client.error)") }
            client = try RunningProgram(["publish", listener.url, "--state", directory.stateFile], input: "")
        }
        // How much of its input the first client had read nobody knows: what came is a beginning of it.
        #expect(memory.texts == Array(lines.prefix(memory.texts.count)))
        #expect(memory.texts.count >= 1_234)
        #expect(try directory.state().unsent.isEmpty)
    }

    /// What a server keeps of a session: everything it was told, and the last keys.
    private struct KeyedMemory {
        private(set) var texts: [String] = []
        private var keys: [String] = []

        mutating func take(_ text: String, _ key: String) {
            guard !keys.contains(key) else { return }
            texts.append(text)
            keys = keys.suffix(127) + [key]
        }
    }

    @Test func `a server takes each line once, though the client is killed among them`() async throws {
        let (server, directory) = (try await RunningProgram.server(["--log-level", "warning"]), try TestDirectory())
        let listener = try await RunningProgram.client(of: server)
        let lines = (0..<5_000).map { "line \($0)" }
        var client = try RunningProgram(
            ["publish", server.url, "--state", directory.stateFile],
            input: lines.map { $0 + "\n" }.joined()
        )
        for line in ["line 1111", "line 1234"] {
            try await listener.waitForOutput("\(line)\n")
            client.signal(SIGKILL)
            _ = try await client.exitCode()
            // What it had taken and not sent, and no more of the input.
            client = try RunningProgram(["publish", server.url, "--state", directory.stateFile, "end of \(line)"])
        }
        #expect(try await client.exitCode() == 0, "\(client.error)")
        try await listener.waitForOutput("end of line 1234\n")
        let heard = listener.output.split(separator: "\n").map { String($0.split(separator: ": ")[1]) }
        let taken = heard.filter { !$0.hasPrefix("end of") }
        #expect(taken == Array(lines.prefix(taken.count)))
        #expect(heard.count == Set(heard).count)
    }

    @Test func `a listener that is killed misses nothing, and hears nothing twice but the last moment`() async throws {
        let (server, directory) = (try await RunningProgram.server(["--log-level", "warning"]), try TestDirectory())
        let arguments = ["connect", server.url, "--state", directory.stateFile]
        let first = try RunningProgram(arguments)
        try await first.waitForError("Connected")
        let speaker = try RunningProgram(["publish", server.url])
        for number in 0..<10 { speaker.type("\(number)\n") }
        try await first.waitForOutput(": 9\n")
        try await directory.wait { $0.position?.rawValue.hasSuffix(".10") == true }
        for number in 10..<20 { speaker.type("\(number)\n") }
        try await first.waitForOutput(": 19\n")
        first.signal(SIGKILL)
        _ = try await first.exitCode()
        for number in 20..<30 { speaker.type("\(number)\n") }
        speaker.endInput()
        #expect(try await speaker.exitCode() == 0)
        let second = try RunningProgram(arguments)
        try await second.waitForOutput(": 29\n")
        second.endInput()
        #expect(try await second.exitCode() == 0)
        let heard = second.output.split(separator: "\n").compactMap { Int($0.split(separator: ": ")[1]) }
        #expect(heard == Array((heard.first ?? 99)..<30))
        #expect(10...20 ~= heard.first ?? 99)
    }

    @Test func `a second client with the same file is refused at once, with a way out`() async throws {
        let (listener, directory) = (try RawListener(), try TestDirectory())
        let client = try RunningProgram(["connect", listener.url, "--state", directory.stateFile])
        let peer = try await ChatPeer.accept(listener)
        let second = try RunningProgram(["connect", listener.url, "--state", directory.stateFile], input: "")
        #expect(try await second.exitCode() == ExitCode.unavailable.rawValue)
        #expect(second.error.hasPrefix("Error: Another client uses the state file"))
        #expect(second.error.split(separator: "\n").count == 1)
        client.endInput()
        try await peer.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `a state that cannot be written is told, and the chat goes on`() async throws {
        let (listener, directory) = (try RawListener(), try TestDirectory())
        let client = try RunningProgram(["connect", listener.url, "--state", directory.stateFile])
        let peer = try await ChatPeer.accept(listener)
        // The state of the beginning may just be being written there.
        while unsafe mkdir(directory.stateFile + ".new", 0o700) != 0 {
            try #require(errno == EEXIST)
            await Task.yield()
        }
        client.type("still sent\n")
        let (text, key) = try await peer.nextMessage()
        #expect(text == "still sent")
        try await client.waitForError("The state file \(directory.stateFile) cannot be written: ")
        try await peer.acknowledge(key)
        client.endInput()
        try await peer.endOfClient()
        #expect(try await client.exitCode() == ExitCode.inputOutput.rawValue)
    }

    @Test func `whose output nobody reads has no position behind what was written`() async throws {
        let (listener, directory) = (try RawListener(), try TestDirectory())
        let client = try RunningProgram(["connect", listener.url, "--state", directory.stateFile])
        let peer = try await ChatPeer.accept(listener)
        try await peer.say("one", "1.1")
        try await directory.wait { $0.position == "1.1" }
        client.closeOutput()
        // More than a pipe holds: the reader is gone before it is written.
        try await peer.say(String(repeating: "x", count: 300_000), "1.2")
        try await peer.endOfClient()
        #expect(try await client.exitCode() == ExitCode.brokenPipe.rawValue)
        #expect(try directory.state().position == "1.1")
    }
}

extension TestDirectory {
    fileprivate var stateFile: String { path + "/state.json" }

    fileprivate func state() throws -> SavedState {
        try SavedState(decoding: Array(try contents(of: stateFile).utf8))
    }

    /// Waits until what is saved fulfills a condition.
    fileprivate func wait(
        _ location: SourceLocation = #_sourceLocation,
        until condition: (SavedState) -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + RunningProgram.patience
        while true {
            let state = try state()
            if condition(state) { return }
            try #require(ContinuousClock.now < deadline, "never saved: \(state)", sourceLocation: location)
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
