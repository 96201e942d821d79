// The smallest useful client: sends every message back until the server closes. For conformance suites and for reading.
//
//     swift run echo-client ws://localhost:9001/
import LWSSwift

let url = CommandLine.arguments.dropFirst().first ?? "ws://localhost:9001/"
var configuration = WebSocketClient.Configuration()
configuration.limits.maximumMessageBytes = 32 << 20
configuration.limits.maximumQueuedBytes = 128 << 20

do {
    try await WebSocketClient.connect(to: url, configuration) { connection in
        for try await message in connection.messages { try await connection.send(message) }
    }
} catch let error as WebSocketError where error.code == .closed {
    // The server ended the connection in its own way, which is what a conformance suite does.
    print(error)
}
