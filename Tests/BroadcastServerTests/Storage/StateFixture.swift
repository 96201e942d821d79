import Foundation
import LWSSwift
import Logging

@testable import broadcast_server

/// A state directory for a test, and the chats that use it one after the other.
struct StateFixture: Sendable {
    let directory: String
    var path: String { "\(directory)/state" }
    var file: String { "\(path)/state.sqlite" }

    /// Runs `body` with a directory that goes afterwards.
    static func with<Result>(_ body: (StateFixture) async throws -> Result) async throws -> Result {
        let fixture = StateFixture(directory: try makeTemporaryDirectory())
        defer { try? FileManager.default.removeItem(atPath: fixture.directory) }
        return try await body(fixture)
    }

    /// What people were told.
    final class Warnings: Sendable {
        private let lines = Monitor<[String]>([])
        var all: [String] { lines.withLock { $0 } }

        func add(_ line: String) {
            lines.update { $0.append(line) }
        }
    }

    func open(_ warnings: Warnings = Warnings(), grace: Duration = .seconds(30)) throws -> StateStore {
        let logger = Logger(label: "store") { _ in SwiftLogNoOpLogHandler() }
        return try StateStore(path, grace: grace, logger: logger) { warnings.add($0) }
    }

    /// Runs a chat on the directory, and ends it in good order.
    func chat<Result>(
        threads: Int = 1,
        _ settings: ChatSettings = ChatSettings(),
        _ body: (LocalChat) async throws -> Result
    ) async throws -> Result {
        let store = try open(grace: settings.sessionGrace)
        let chat = try await LocalChat.start(threads: threads, settings, store: store)
        do {
            let result = try await body(chat)
            await chat.end()
            await store.close()
            return result
        } catch {
            await chat.end()
            await store.close()
            throw error
        }
    }

    /// Has the disk take nothing while `body` runs, as when it is full.
    func withoutDisk<Result>(_ body: () async throws -> Result) async throws -> Result {
        let database = try SQLiteDatabase(file, .readWrite)
        try database.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON server BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
        let result = try await body()
        try database.execute("DROP TRIGGER full")
        return result
    }

    /// The directory as a server that were killed now would leave it.
    func killed(_ name: String) throws -> StateFixture {
        let copy = StateFixture(directory: "\(directory)/\(name)")
        try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: file + suffix) {
            try FileManager.default.copyItem(atPath: file + suffix, toPath: copy.file + suffix)
        }
        return copy
    }
}
