import Foundation
import LWSSwift
import TestSupport
import Testing

@testable import broadcast_server

@Suite(.timeLimit(.minutes(3))) struct DamageTests {
    /// A state with two channels, written in good order.
    private static func make(_ state: StateFixture, texts: Int = 20) async throws {
        try await state.chat { chat in
            for channel in ["/one", "/two"] {
                let peer = try await JSONPeer.connected(to: chat.port, channel)
                for number in 1...texts { try await peer.send(.message(text: "text \(number)", key: "\(number)")) }
                for _ in 1...texts { _ = try await peer.nextAcknowledgement() }
            }
        }
    }

    /// Opens what is there, and ends.
    ///
    /// - Returns: how many messages it has, and what people were told.
    private static func outcome(of state: StateFixture) async throws -> (messages: Int?, warnings: [String]) {
        let warnings = StateFixture.Warnings()
        let store = try state.open(warnings)
        await store.close()
        let check = try? StateCheck(StateDirectory(path: state.path))
        return (check?.messages, warnings.all)
    }

    @Test func `a file that is cut anywhere is set aside, and the line says so`() async throws {
        try await StateFixture.with { state in
            try await Self.make(state)
            let whole = try Data(contentsOf: URL(filePath: state.file))
            for length in stride(from: 0, to: whole.count, by: 512) {
                let cut = StateFixture(directory: "\(state.directory)/cut-\(length)")
                try FileManager.default.createDirectory(atPath: cut.path, withIntermediateDirectories: true)
                try whole[..<length].write(to: URL(filePath: cut.file))
                let outcome = try await Self.outcome(of: cut)
                #expect(outcome.warnings.count == 1 && outcome.messages == 0, "cut to \(length): \(outcome)")
                let names = try FileManager.default.contentsOfDirectory(atPath: cut.path)
                let aside = names.filter { $0.hasPrefix("state.sqlite.damaged-") }
                #expect(aside.count == 1, "cut to \(length): \(outcome)")
            }
        }
    }

    @Test func `a byte that has changed anywhere is noticed, or changes nothing`() async throws {
        try await StateFixture.with { state in
            try await Self.make(state)
            let whole = try Data(contentsOf: URL(filePath: state.file))
            for index in stride(from: 3, to: whole.count, by: 997) {
                let flipped = StateFixture(directory: "\(state.directory)/flip-\(index)")
                try FileManager.default.createDirectory(atPath: flipped.path, withIntermediateDirectories: true)
                var bytes = whole
                bytes[index] ^= 0x55
                try bytes.write(to: URL(filePath: flipped.file))
                let check: StateCheck?
                do {
                    let before = try? StateCheck(StateDirectory(path: flipped.path))
                    let outcome = try await Self.outcome(of: flipped)
                    check = outcome.warnings.isEmpty ? before : nil
                } catch let error as Failure {
                    // Another program's, or of a version to come: nothing was touched.
                    #expect(error.code == .badInput, "byte \(index): \(error.message)")
                    continue
                }
                guard let check else { continue }
                #expect(!check.isSound || check.messages == 40, "byte \(index)")
            }
        }
    }

    @Test func `the log of another file is no part of this one`() async throws {
        try await StateFixture.with { state in
            try await Self.make(state)
            let other = StateFixture(directory: "\(state.directory)/other")
            try FileManager.default.createDirectory(atPath: other.directory, withIntermediateDirectories: true)
            let log = try await other.chat { chat in
                let peer = try await JSONPeer.connected(to: chat.port, "/other")
                try await peer.send(.message(text: "hi", key: "k", stored: .disk))
                _ = try await peer.nextAcknowledgement()
                return try Data(contentsOf: URL(filePath: other.file + "-wal"))
            }
            try log.write(to: URL(filePath: state.file + "-wal"))
            let outcome = try await Self.outcome(of: state)
            #expect(outcome.warnings.count == 1, "\(outcome)")
            try FileManager.default.removeItem(atPath: state.file)
            try log.write(to: URL(filePath: state.file + "-wal"))
            #expect(try await Self.outcome(of: state).warnings.count == 1, "a log alone is set aside")
        }
    }

    @Test func `a file of another program, and one of a version to come, are left as they are`() async throws {
        try await StateFixture.with { state in
            try await Self.make(state, texts: 1)
            try SQLiteDatabase(state.file, .readWrite).execute("PRAGMA user_version = 2")
            let version = #expect(throws: Failure.self) { try state.open() }
            #expect(version?.code == .badInput && version?.message.contains("version 2") == true)
            try SQLiteDatabase(state.file, .readWrite).execute("PRAGMA application_id = 7")
            let foreign = #expect(throws: Failure.self) { try state.open() }
            #expect(foreign?.code == .badInput && foreign?.message.contains("another program") == true)
        }
    }

    @Test func `a pipe in the place of the file is refused, not waited for`() async throws {
        try await StateFixture.with { state in
            try FileManager.default.createDirectory(atPath: state.path, withIntermediateDirectories: true)
            try #require(unsafe mkfifo(state.file, 0o600) == 0)
            let refusal = #expect(throws: Failure.self) { try state.open() }
            #expect(refusal?.code == .badInput && refusal?.message.contains("is no file") == true)
            #expect(throws: Failure.self) { try StateCheck(StateDirectory(path: state.path)) }
        }
    }

    @Test func `a second server is refused`() async throws {
        try await StateFixture.with { state in
            let first = try state.open()
            let failure = #expect(throws: Failure.self) { try state.open() }
            #expect(failure?.code == .unavailable)
            await first.close()
        }
    }
}
