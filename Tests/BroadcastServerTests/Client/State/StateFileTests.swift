import Foundation
import Glibc
import Testing

@testable import broadcast_server

@Suite(.timeLimit(.minutes(1))) struct StateFileTests {
    private let channel = ChannelAddress("ws://localhost:8088/team")

    private func state(_ texts: [String] = ["hi"]) -> SavedState {
        SavedState(
            channel: channel,
            position: "1.7",
            session: SessionID(ChatPeer.session),
            unsent: texts.enumerated().map { Outbox.Entry(key: "k-\($0)", content: .text($1)) }
        )
    }

    private func withPath<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let directory = try makeTemporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        return try await body(directory + "/state.json")
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// Opens a file once who had it has let go of it: a thread that has saved may be a moment late.
    private func reopen(_ path: String) async throws -> StateFile {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do throws(Failure) {
                return try StateFile(path, for: channel)
            } catch {
                guard error.code == .unavailable, ContinuousClock.now < deadline else { throw error }
                await Task.yield()
            }
        }
    }

    @Test func `the next run finds what the last one has saved, and nobody else can read it`() async throws {
        try await withPath { path in
            do {
                let file = try StateFile(path, for: channel)
                #expect(file.initial == SavedState(channel: channel))
                try await file.save(state())
                try await file.save(state(["one", "two"]))
            }
            #expect(try await reopen(path).initial == state(["one", "two"]))
            var status = stat()
            #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            #expect(
                try FileManager.default.contentsOfDirectory(
                    atPath: URL(filePath: path).deletingLastPathComponent().path
                )
                    == ["state.json"]
            )
        }
    }

    @Test func `two clients cannot use one file, whenever it was replaced`() async throws {
        try await withPath { path in
            let file = try StateFile(path, for: channel)
            for _ in 0..<2 {
                let failure = #expect(throws: Failure.self) { try StateFile(path, for: channel) }
                #expect(failure?.code == .unavailable)
                #expect(failure?.message.contains("Another client uses the state file \(path)") == true)
                try await file.save(state())
            }
        }
    }

    @Test(arguments: [
        "hello\n", "{\"unsent\":[{\"text\":\"mine\"}]}", "{\"program\":\"broadcast-server connect\",\"vers",
    ])
    func `a file of something else, or a damaged one, is refused and stays as it is`(text: String) async throws {
        try await withPath { path in
            try write(text, to: path)
            let failure = #expect(throws: Failure.self) { try StateFile(path, for: channel) }
            #expect(failure?.code == .badInput)
            #expect(failure?.message.contains("is damaged, or none") == true)
            #expect(try contents(of: path) == text)
        }
    }

    @Test func `a file of another channel is refused and stays as it is`() async throws {
        try await withPath { path in
            try await StateFile(path, for: channel).save(state())
            let before = try contents(of: path)
            _ = try await reopen(path)
            let failure = #expect(throws: Failure.self) {
                try StateFile(path, for: ChannelAddress("ws://localhost:8088/other"))
            }
            #expect(failure?.code == .usage)
            #expect(failure?.message.contains("it is of ws://localhost:8088/team") == true)
            #expect(try contents(of: path) == before)
        }
    }

    @Test(arguments: ["/dev/null", "/", "/nonexistent/state.json"])
    func `what cannot hold a state is refused`(path: String) {
        let failure = #expect(throws: Failure.self) { try StateFile(path, for: channel) }
        #expect(failure?.code == .cannotCreateFile)
    }

    @Test func `a pipe is refused at once`() async throws {
        try await withPath { path in
            unsafe mkfifo(path, 0o600)
            #expect(throws: Failure.self) { try StateFile(path, for: channel) }
        }
    }

    @Test func `an empty file is a new one, and what a killed client was writing is no obstacle`() async throws {
        try await withPath { path in
            try write("", to: path)
            try write("{\"progr", to: path + ".new")
            let file = try StateFile(path, for: channel)
            try await file.save(state())
        }
    }

    @Test func `a link stays one`() async throws {
        try await withPath { path in
            try await StateFile(path, for: channel).save(state())
            let link = path + ".link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            do {
                let file = try await reopen(link)
                #expect(file.initial == state())
                try await file.save(state(["new"]))
            }
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
            #expect(try await reopen(path).initial == state(["new"]))
        }
    }

    @Test func `a disk that refuses is told, and the last state is kept`() async throws {
        try await withPath { path in
            let file = try StateFile(path, for: channel)
            try await file.save(state())
            // The next content would be written here.
            try FileManager.default.createDirectory(atPath: path + ".new", withIntermediateDirectories: false)
            await #expect(throws: SystemError.self) { try await file.save(state(["lost"])) }
            #expect(try contents(of: path).contains("\"hi\""))
            try FileManager.default.removeItem(atPath: path + ".new")
            try await file.save(state(["again"]))
            #expect(try contents(of: path).contains("again"))
        }
    }
}
