// The smallest useful server: sends every message back. For conformance suites and for reading.
//
//     swift run echo-server [port]
import LWSSwift

let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 9001
var configuration = WebSocketServer.Configuration(host: "127.0.0.1", port: port)
configuration.limits.maximumMessageBytes = 32 << 20
configuration.limits.maximumQueuedBytes = 128 << 20

let server = try await WebSocketServer.start(configuration) { connection in
    connection.onMessage { message in
        if connection.trySend(message) == .dropped { connection.close(code: .policyViolation, reason: "too slow") }
    }
}
for address in server.addresses { print("listening on ws://\(address)") }
await server.waitUntilStopped()
