import Foundation
import Logging
import Testing

@testable import broadcast_server

/// What gets into the state file, and when: without connections.
@Suite(.timeLimit(.minutes(1))) struct StateKeeperTests {
    /// An output whose reader can stand still.
    private struct GatedSink: LogSink {
        let isOpen = Monitor(true)

        let style = LogLineFormatter.Style()

        mutating func write(_ batch: LogBatch) {
            isOpen.wait { $0 ? () : nil }
            batch.forEach { _, _ in
            } step: { step in
                if case .afterOutput(let body) = step { body() }
            }
        }

        mutating func close() {}
    }

    /// A conversation with a state file, which is kept while `body` runs; what became of the file, and what is in it.
    @discardableResult
    private func withConversation(
        _ body: (Conversation, GatedSink, _ path: String) async throws -> Void
    ) async throws -> (keeping: StateKeeper.Keeping, state: SavedState) {
        let directory = try makeTemporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/state.json"
        let sink = GatedSink()
        let log = try ProgramLog(LogSettings(level: .error, file: nil), stream: .error, console: sink)
        let presenter = Presenter(
            transcript: Transcript(form: .lines, showsTime: false),
            log: log,
            isInteractive: false
        )
        let conversation = Conversation(
            url: try ChannelURL("ws://localhost/"),
            name: nil,
            place: Place(),
            outbox: Outbox(keyPrefix: "k", saved: []),
            presenter: presenter
        )
        let file = try StateFile(path, for: ChannelAddress("ws://localhost/"))
        let keeper = StateKeeper(file: file, conversation: conversation, presenter: presenter)
        let task = Task { await keeper.run() }
        try await body(conversation, sink, path)
        task.cancel()
        await task.value
        let keeping = await keeper.finish()
        log.close()
        return (keeping, try state(path))
    }

    private func state(_ path: String) throws -> SavedState {
        try SavedState(decoding: Array(try contents(of: path).utf8))
    }

    private func wait(for path: String, until condition: (SavedState) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let state = try state(path)
            if condition(state) { return }
            try #require(ContinuousClock.now < deadline, "never saved: \(state)")
            await Task.yield()
        }
    }

    private static let welcome = ServerObject.welcome(
        Welcome(
            position: "1.0",
            recovered: false,
            member: Member(id: ClientID(number: 1), name: "ann"),
            session: ChatPeer.session,
            channel: "",
            count: 1
        )
    )

    @Test func `a position that came at once is saved without a further one`() async throws {
        try await withConversation { conversation, _, path in
            await conversation.advance(past: Self.welcome)
            await conversation.advance(past: .position("1.2"))
            try await wait(for: path) { $0.position == "1.2" && $0.session?.description == ChatPeer.session }
            await conversation.advance(past: .position("1.3"))
            try await wait(for: path) { $0.position == "1.3" }
        }
    }

    @Test func `messages are saved at once, and the position when what stands before it is written`() async throws {
        try await withConversation { conversation, sink, path in
            sink.isOpen.update { $0 = false }
            await conversation.advance(past: Self.welcome)
            await conversation.advance(past: .position("1.2"))
            for text in ["one", "two", "three"] {
                await conversation.append(.text(text))
                try await wait(for: path) { $0.unsent.last?.content == .text(text) && $0.position == nil }
            }
            sink.isOpen.update { $0 = true }
            try await wait(for: path) { $0.position == "1.2" && $0.unsent.count == 3 }
        }
    }

    @Test func `nothing is handed over before it is saved`() async throws {
        try await withConversation { conversation, _, path in
            await conversation.append(.text("one"))
            await conversation.advance(past: Self.welcome)
            let entry = try #require(await conversation.nextToSend())
            let state = try state(path)
            #expect(state.unsent == [entry] && state.session != nil)
        }
    }

    @Test func `the very last is saved at the end`() async throws {
        let (keeping, state) = try await withConversation { conversation, _, _ in
            await conversation.advance(past: Self.welcome)
            for number in 1...100 { await conversation.advance(past: .position(PositionText(rawValue: "1.\(number)"))) }
        }
        #expect(state.position == "1.100")
        guard case .done = keeping else {
            Issue.record("\(keeping)")
            return
        }
    }

    @Test func `a disk that refuses keeps no message back`() async throws {
        let (keeping, _) = try await withConversation { conversation, _, path in
            // The next content would be written here.
            try FileManager.default.createDirectory(atPath: path + ".new", withIntermediateDirectories: false)
            await conversation.advance(past: Self.welcome)
            await conversation.append(.text("one"))
            #expect(await conversation.nextToSend() != nil)
        }
        guard case .failed = keeping else {
            Issue.record("\(keeping)")
            return
        }
    }
}
