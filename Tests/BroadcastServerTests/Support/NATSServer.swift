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

    /// - Parameter options: further lines of its configuration.
    init(_ options: String = "") throws {
        directory = try makeTemporaryDirectory()
        let configuration = """
            server_name: t
            jetstream { store_dir: "\(directory)/js", max_mem: 64M, max_file: 1G }
            log_file: "\(directory)/log"
            ports_file_dir: "\(directory)"
            \(options)
            """
        try Data(configuration.utf8).write(to: URL(filePath: "\(directory)/configuration"))
        let first = try Self.start(directory, port: -1)
        process = Monitor(first)
        port = try Self.port(in: directory)
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Debian's.
    static let program = "/usr/sbin/nats-server"

    private static func start(_ directory: String, port: Int) throws -> ChildProcess {
        try ChildProcess(
            [program, "--config", "\(directory)/configuration", "--addr", "127.0.0.1", "--port", "\(port)"],
            environment: [:]
        )
    }

    /// The server writes it down once it listens.
    private static func port(in directory: String) throws -> Int {
        struct Ports: Decodable {
            let nats: [String]
        }
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let files = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".ports") }
            if let file = files.first, let text = try? contents(of: "\(directory)/\(file)"),
                let ports = try? JSONDecoder().decode(Ports.self, from: Data(text.utf8)),
                let port = ports.nats.first?.split(separator: ":").last.flatMap({ Int($0) })
            {
                return port
            }
            usleep(10_000)
        }
        throw RawPeer.Unexpected("nats-server does not listen: \((try? contents(of: "\(directory)/log")) ?? "")")
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
        let next = try Self.start(directory, port: port)
        process.update { $0 = next }
    }

    /// Has it stand still, or go on.
    func stop() { process.withLock { $0 }?.signal(SIGSTOP) }
    func goOn() { process.withLock { $0 }?.signal(SIGCONT) }
}
