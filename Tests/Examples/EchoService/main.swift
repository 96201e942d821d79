// The echo server as a service of swift-service-lifecycle: SIGTERM and SIGINT end it in good order, and so does the end of
// a service beside it.
import LWSSwift
import Logging
import ServiceLifecycle
import UnixSignals

struct EchoService: Service {
    var configuration: WebSocketServer.Configuration

    func run() async throws {
        // To cancel its task is how `run` is asked to end: every client is told, and every handler is waited for.
        try await cancelWhenGracefulShutdown {
            try await WebSocketServer.run(configuration) { server in
                print("listening at \(server.addresses)")
            } handler: { connection in
                for try await message in connection.messages { try await connection.send(message) }
            }
        }
    }
}

let port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 8088
let group = ServiceGroup(
    services: [EchoService(configuration: .init(host: "localhost", port: port))],
    gracefulShutdownSignals: [.sigterm, .sigint],
    logger: Logger(label: "echo-service")
)
try await group.run()
