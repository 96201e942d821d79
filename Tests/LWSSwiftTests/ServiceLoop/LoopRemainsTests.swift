import Foundation
import TestSupport
import Testing

@testable import LWSSwift

/// What a loop leaves behind, and what it keeps open: each in a process of its own, where no other test opens files or
/// starts threads meanwhile.
@Suite(.timeLimit(.minutes(2))) struct LoopRemainsTests {
    private static func entries(_ folder: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/\(folder)").count
    }

    /// A loop with a server and a client, over which a message goes and comes back.
    private static func round(
        _ engine: ServiceLoop.EventLibrary,
        _ tls: (server: TLSServerConfiguration, client: TLSClientConfiguration)? = nil
    ) async throws {
        try await withLoop(.init(eventLibrary: engine)) { loop in
            try await withServer(on: loop) {
                $0.tls = tls?.server
            } _: { server in
                var configuration = WebSocketClient.Configuration.patient
                if let tls { configuration.tls = tls.client }
                let url = "\(tls == nil ? "ws" : "wss")://127.0.0.1:\(server.port!)/"
                let connection = try await WebSocketClient.connect(to: url, configuration, on: loop)
                try await connection.send("hello")
                for try await message in connection.messages {
                    precondition(message == "hello")
                    break
                }
            }
        }
    }

    @Test func `two hundred loops with TLS and without leave no descriptor and no thread behind`() async throws {
        await #expect(processExitsWith: .success) {
            let certificates = try await Certificates()
            var client = TLSClientConfiguration()
            client.trust = .file(certificates.authority)
            let server = TLSServerConfiguration(
                certificateChainFile: certificates.server,
                privateKeyFile: certificates.serverKey
            )
            // The first rounds make what stays: the threads that tasks and queues share.
            for _ in 0..<5 { try await LoopRemainsTests.round(.libuv, (server, client)) }
            let descriptors = try LoopRemainsTests.entries("fd")
            for number in 0..<200 {
                let engine: ServiceLoop.EventLibrary = number.isMultiple(of: 2) ? .libuv : .poll
                try await LoopRemainsTests.round(engine, number.isMultiple(of: 3) ? nil : (server, client))
            }
            let descriptorsLeft = try LoopRemainsTests.entries("fd")
            precondition(descriptorsLeft <= descriptors, "\(descriptorsLeft - descriptors) descriptors are left")
            // Threads of the queues come and go by themselves; two hundred loops would be seen all the same.
            let threadsLeft = try LoopRemainsTests.entries("task")
            precondition(threadsLeft < 40, "\(threadsLeft) threads are left")
        }
    }

    @Test func `loops that begin and end at the same time do not get into each other's way`() async throws {
        await #expect(processExitsWith: .success) {
            try await withThrowingTaskGroup { group in
                for number in 0..<8 {
                    group.addTask {
                        for _ in 0..<25 { try await LoopRemainsTests.round(number.isMultiple(of: 2) ? .libuv : .poll) }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a loop hears nothing of the system's routes`() async throws {
        await #expect(processExitsWith: .success) {
            for engine in ServiceLoopTests.engines {
                try await withLoop(.init(eventLibrary: engine)) { _ in
                    let monitors = OpenDescriptors.all().filter(RouteMonitor.isMonitor)
                    precondition(monitors.isEmpty, "lws watches routes at \(monitors)")
                }
            }
        }
    }
}
