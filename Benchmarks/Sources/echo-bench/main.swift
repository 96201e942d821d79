// The echo server that is measured: the same job as c-baseline/echo.c, through each face of the wrapper.
//
//     echo-bench PORT closures|sequence [poll]
import LWSSwift

let arguments = CommandLine.arguments
guard arguments.count > 2, let port = Int(arguments[1]) else {
    fatalError("usage: echo-bench PORT closures|sequence [poll]")
}
let library: ServiceLoop.EventLibrary = arguments.dropFirst(3).first == "poll" ? .poll : .libuv
let loop = try await ServiceLoop.start(.init(eventLibrary: library))
let configuration = WebSocketServer.Configuration(host: "127.0.0.1", port: port)

switch arguments[2] {
case "closures":
    let server = try await WebSocketServer.start(configuration, on: loop) { connection in
        connection.onMessage { message in _ = connection.trySend(message) }
    }
    await server.waitUntilStopped()
case "sequence":
    try await WebSocketServer.run(configuration, on: loop) { connection in
        for try await message in connection.messages { try await connection.send(message) }
    }
default:
    fatalError("the face is closures or sequence")
}
