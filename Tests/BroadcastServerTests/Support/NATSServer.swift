import Foundation
import Glibc
import TestSupport

@testable import broadcast_server

/// A nats-server of a test's own, with JetStream, on a port of 127.0.0.1 that the system chooses and that stays the same.
final class NATSServer: Sendable {
    private let directory: String
    private let process: Monitor<ChildProcess?>
    let port: Int
    var url: String { "nats://127.0.0.1:\(port)" }

    /// Starts one; returns once it listens.
    ///
    /// - Parameter options: further lines of its configuration.
    static func start(_ options: String = "") async throws -> NATSServer {
        let directory = try makeTemporaryDirectory()
        let configuration = """
            server_name: t
            jetstream { store_dir: "\(directory)/js", max_mem: 64M, max_file: 1G }
            \(options)
            """
        try Data(configuration.utf8).write(to: URL(filePath: "\(directory)/configuration"))
        let (process, log) = try launch(directory, port: -1)
        let port = await onThread {
            log.wait(atMost: .seconds(20)) { text in
                text.firstMatch(of: /Listening for client connections on \S+:(\d+)\n/).flatMap { Int($0.1) }
            }
        }
        let server = NATSServer(directory, process, port: port ?? 0)
        guard port != nil else { throw RawPeer.Unexpected("nats-server does not listen: \(log.withLock { $0 })") }
        return server
    }

    private init(_ directory: String, _ process: ChildProcess, port: Int) {
        self.directory = directory
        self.process = Monitor(process)
        self.port = port
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Debian's.
    static let program = "/usr/sbin/nats-server"

    /// - Returns: the process, and what it has written to its log so far.
    private static func launch(_ directory: String, port: Int) throws -> (ChildProcess, log: Monitor<String>) {
        let process = try ChildProcess(
            [program, "--config", "\(directory)/configuration", "--addr", "127.0.0.1", "--port", "\(port)"],
            environment: [:]
        )
        process.closeInput()
        process.output.close()
        let log = Monitor("")
        try BackgroundThread.start {
            while let next = try? process.error.read(atMost: 1 << 16), !next.isEmpty {
                log.update { $0 += String(decoding: next, as: UTF8.self) }
            }
            process.error.close()
        }
        return (process, log)
    }

    /// Ends it as the system does when it has no memory left.
    func kill() {
        let process = process.update { process in
            defer { process = nil }
            return process
        }
        process?.signal(SIGKILL)
        _ = process?.waitForEnd()
    }

    /// Starts it again, on what it has on the disk.
    func startAgain() throws {
        let next = try Self.launch(directory, port: port).0
        process.update { $0 = next }
    }

    /// Has it stand still; returns when it does.
    func stop() {
        let process = process.withLock { $0 }
        process?.signal(SIGSTOP)
        process?.waitForStop()
    }

    func goOn() { process.withLock { $0 }?.signal(SIGCONT) }
}
