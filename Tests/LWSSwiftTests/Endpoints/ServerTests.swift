import Foundation
import HTTPTypes
import LWSSwift
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ServerTests {
    private static func code(_ error: any Error) -> WebSocketError.Code? { (error as? WebSocketError)?.code }

    // MARK: Listening

    @Test func `a port in use is an error that names it`() async throws {
        try await withServer { first in
            let port = first.port!
            await #expect {
                try await withServer {
                    $0.endpoint = .tcp(host: "127.0.0.1", port: port)
                } _: { _ in
                }
            } throws: { error in
                Self.code(error) == .addressInUse && "\(error)".contains("\(port)")
            }
        }
    }

    @Test func `an address of another machine is an error`() async throws {
        await #expect {
            try await withServer {
                $0.endpoint = .tcp(host: "192.0.2.1", port: 0)
            } _: { _ in
            }
        } throws: {
            Self.code($0) == .addressUnavailable
        }
    }

    @Test func `a host that has no address is an error`() async throws {
        await #expect {
            try await withServer {
                $0.endpoint = .tcp(host: "no-such-host.invalid", port: 0)
            } _: { _ in
            }
        } throws: {
            Self.code($0) == .nameNotFound
        }
    }

    @Test(arguments: ["localhost", "127.0.0.1", "::1", "::", "0.0.0.0"])
    func `a server listens at every address of its host, on one port`(host: String) async throws {
        try await withServer {
            $0.endpoint = .tcp(host: host, port: 0)
        } _: { server in
            #expect(Set(server.addresses.map(\.port)).count == 1)
            for address in server.addresses {
                let name = address.host == "::" ? "127.0.0.1" : address.host == "0.0.0.0" ? "127.0.0.1" : address.host
                let url = "ws://\(name.contains(":") ? "[\(name)]" : name):\(server.port!)/"
                try await WebSocketClient.connect(to: url) { connection in
                    try await connection.send("hello")
                    for try await message in connection.messages {
                        #expect(message == "hello")
                        break
                    }
                }
            }
        }
    }

    @Test func `a Unix-domain socket serves, and its path is removed at the end`() async throws {
        let path = NSTemporaryDirectory() + "lws-\(UUID().uuidString.prefix(8)).sock"
        try await withServer {
            $0.endpoint = .unix(path: path)
        } _: { server in
            #expect(server.port == nil)
            try await WebSocketClient.connect(to: "ws+unix://\(path):/chat?x=1") { connection in
                #expect(connection.handshake.path == "/chat")
                try await connection.send("hello")
                var messages = connection.messages.makeAsyncIterator()
                #expect(try await messages.next() == "hello")
            }
            await #expect {
                try await withServer {
                    $0.endpoint = .unix(path: path)
                } _: { _ in
                }
            } throws: { error in
                Self.code(error) == .addressInUse && "\(error)".contains(path)
            }
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `the path of a server that was killed is taken over, that of a file is not`() async throws {
        let path = NSTemporaryDirectory() + "lws-\(UUID().uuidString.prefix(8)).sock"
        // What a killed server leaves: a path whose socket nobody holds any more.
        try RawListener.leaveUnixSocket(at: path)
        try await withServer {
            $0.endpoint = .unix(path: path)
        } _: { _ in
            try await WebSocketClient.connect(to: "ws+unix://\(path)") { _ in }
        }
        try "precious".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        await #expect {
            try await withServer {
                $0.endpoint = .unix(path: path)
            } _: { _ in
            }
        } throws: {
            Self.code($0) == .addressInUse
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func `limits that contradict each other are refused before anything is opened`() async throws {
        await #expect {
            try await withServer {
                $0.limits.maximumQueuedBytes = 10
            } _: { _ in
            }
        } throws: {
            Self.code($0) == .invalidConfiguration
        }
    }

    @Test func `two servers on one loop keep their connections apart`() async throws {
        try await withLoop { loop in
            try await withServer(on: loop, onConnection: { _ = $0.trySend("first") }) { first in
                try await withServer(on: loop, onConnection: { _ = $0.trySend("second") }) { second in
                    for (server, text) in [(first, "first"), (second, "second")] {
                        let peer = try await RawPeer.upgraded(port: server.port!)
                        #expect(try await peer.receive() == .text(text))
                        #expect(server.connectionCount == 1)
                    }
                    await first.shutdown(deadline: .zero)
                    let peer = try await RawPeer.upgraded(port: second.port!)
                    #expect(try await peer.receive() == .text("second"))
                }
            }
        }
    }

    @Test func `a server starts again on the port it had`() async throws {
        try await withLoop { loop in
            // An address that no other test connects from or listens at, which would take the port in between.
            let host = "127.0.0.29"
            let port = try await withServer(on: loop) {
                $0.endpoint = .tcp(host: host, port: 0)
            } _: {
                $0.port!
            }
            for _ in 0..<3 {
                try await withServer(on: loop) {
                    $0.endpoint = .tcp(host: host, port: port)
                } _: { _ in
                    let client = try await WebSocketClient.connect(to: "ws://\(host):\(port)/", .patient, on: loop)
                    try await client.send("hello")
                    var messages = client.messages.makeAsyncIterator()
                    #expect(try await messages.next() == "hello")
                }
            }
        }
    }

    /// A child process has a copy of each descriptor between `fork` and `exec`, as long as that may take.
    @Test func `a server starts again while a child process still holds its listening socket`() async throws {
        try await withLoop { loop in
            let host = "127.0.0.31"
            var held: Int32 = -1
            defer { close(held) }
            let port = try await withServer(on: loop) {
                $0.endpoint = .tcp(host: host, port: 0)
            } _: { server in
                held = try #require(copyOfListeningSocket(port: server.port!))
                return server.port!
            }
            try await withServer(on: loop) {
                $0.endpoint = .tcp(host: host, port: port)
            } _: { _ in
                _ = try await WebSocketClient.connect(to: "ws://\(host):\(port)/", .patient, on: loop)
            }
        }
    }

    /// A second descriptor of the socket that listens on a port of this process, as a child process has it.
    private func copyOfListeningSocket(port: Int) -> Int32? {
        for number in Int32(0)..<1_024 {
            var listens: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            guard unsafe getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens != 0 else {
                continue
            }
            if (try? RawSocket.port(of: number)) == port { return fcntl(number, F_DUPFD_CLOEXEC, 0) }
        }
        return nil
    }

    // MARK: Opening handshake

    @Test func `the hook sees the request and settles the handshake`() async throws {
        let seen = Watched<[String]>([])
        let handshakes = Watched<[Handshake]>([])
        try await withServer {
            $0.handshake = { request in
                seen.update {
                    $0 = [
                        request.path, request.query, request.origin ?? "", request.subprotocols.joined(separator: "|"),
                        request[.authorization] ?? "", request[HTTPField.Name("X-Room")!] ?? "",
                        request.remoteAddress?.host ?? "",
                    ]
                }
                return .accept(subprotocol: "b", headerFields: [.server: "test"], userInfo: 42)
            }
        } onConnection: { connection in
            handshakes.append(connection.handshake)
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            let fields = [
                "Origin: http://example.com", "Sec-WebSocket-Protocol: a, b", "Authorization: Bearer x", "X-Room: 7",
            ]
            try await peer.write(RawRequest(path: "/team?x=1&y", fields: RawRequest.requiredFields + fields).bytes)
            let head = try await peer.readHead()
            #expect(head.contains("\r\nSec-WebSocket-Protocol: b\r\n"))
            #expect(head.contains("\r\nServer: test\r\n"))
            #expect(head.contains("\r\nSec-WebSocket-Accept: \(RawRequest.accept)\r\n"))
            try await handshakes.wait { $0.count == 1 }
        }
        #expect(seen.value == ["/team", "x=1&y", "http://example.com", "a|b", "Bearer x", "7", "127.0.0.1"])
        let handshake = try #require(handshakes.value.first)
        #expect(handshake.path == "/team" && handshake.query == "x=1&y" && handshake.subprotocol == "b")
        #expect(handshake.userInfo as? Int == 42)
        #expect(handshake.remoteAddress?.host == "127.0.0.1")
    }

    @Test func `path and query are what the client sent, whatever their length`() async throws {
        let targets = [
            "/admin%3Fx", "/a%00%2F;b//../c", "/?a=1%262&b=%2B+%3D&c=%25;d&&e", "/?%C3%A9=%f0%9f%91%8b", "/?a=b?c/d&;+",
            "/x?" + String(repeating: "q", count: 7_000),
        ]
        let seen = Watched<[String]>([])
        try await withServer {
            $0.handshake = { request in
                seen.append(request.query.isEmpty ? request.path : "\(request.path)?\(request.query)")
                return .accept()
            }
        } _: { server in
            for target in targets { _ = try await RawPeer.upgraded(port: server.port!, path: target) }
        }
        #expect(seen.value == targets)
    }

    @Test func `a refused handshake has the hook's status, fields and body`() async throws {
        try await withServer {
            $0.handshake = { _ in .reject(status: .forbidden, headerFields: [.retryAfter: "7"], body: "not you") }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(RawRequest().bytes)
            let answer = String(decoding: try await peer.readToEnd(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
            #expect(answer.contains("\r\nRetry-After: 7\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nnot you"))
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `a subprotocol that the client did not offer is a server's error`() async throws {
        try await withServer {
            $0.handshake = { _ in .accept(subprotocol: "x") }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(RawRequest().bytes)
            #expect(try await peer.readHead().hasPrefix("HTTP/1.1 500 "))
        }
    }

    @Test func `one connection more than the limit is answered with 503, until one has gone`() async throws {
        let opened = Watched(0)
        let closed = Watched(0)
        try await withServer {
            $0.maximumConnections = 2
        } onConnection: { connection in
            opened.update { $0 += 1 }
            connection.onClose { _ in closed.update { $0 += 1 } }
        } _: { server in
            let peers = try await RawPeer.upgraded(2, port: server.port!)
            try await opened.wait { $0 == 2 }
            let third = try RawPeer(port: server.port!)
            try await third.write(RawRequest().bytes)
            #expect(try await third.readHead().hasPrefix("HTTP/1.1 503 "))
            try await peers[0].close()
            try await closed.wait { $0 == 1 }
            let fourth = try await RawPeer.upgraded(port: server.port!)
            try await opened.wait { $0 == 3 }
            #expect(server.connectionCount == 2)
            withExtendedLifetime((peers, fourth)) {}
        }
    }

    @Test func `new connections come in a stream that ends with the server`() async throws {
        let ids = Watched<[UInt64]>([])
        let reader = try await withServer(onConnection: { ids.append($0.id) }) { server in
            let connections = server.connections
            let reader = Task { await connections.reduce(into: []) { $0.append($1.id) } }
            // The stream has begun once the loop has come to it.
            try await server.loop.run {}
            let peers = try await RawPeer.upgraded(3, port: server.port!)
            defer { withExtendedLifetime(peers) {} }
            try await ids.wait { $0.count == 3 }
            return reader
        }
        #expect(await reader.value == ids.value)
    }

    // MARK: Shutting down

    @Test func `shutting down closes with 1001, stops accepting and waits for the answers`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        var configuration = WebSocketServer.Configuration(host: "127.0.0.1", port: 0)
        configuration.limits = .patient
        configuration.shutdownDeadline = .seconds(RawPeer.patience)
        let server = try await WebSocketServer.start(configuration) { $0.onClose { closes.append($0) } }
        let port = server.port!
        let peers = try await RawPeer.upgraded(3, port: port)
        async let stopped: Void = server.shutdown()
        for peer in peers {
            let frame = try await peer.receive()
            #expect(frame == RawFrame.close(1001))
            try await peer.send(frame)
            #expect(try await peer.readToEnd() == [])
        }
        await stopped
        #expect(throws: (any Error).self) { try RawPeer(port: port) }
        #expect(closes.value.map(\.isClean) == [true, true, true])
        #expect(server.connectionCount == 0)
    }

    @Test func `peers that do not answer are cut at the deadline`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        let server = try await WebSocketServer.start(.init(host: "127.0.0.1", port: 0)) { connection in
            connection.onClose { closes.append($0) }
        }
        let peer = try await RawPeer.upgraded(port: server.port!)
        let silent = try RawPeer(port: server.port!)
        try await server.loop.run {}
        await server.shutdown(deadline: .milliseconds(200))
        #expect(closes.value.map(\.isClean) == [false])
        #expect(try await peer.receive().closeCode == 1001)
        #expect(try await peer.readToEnd() == [])
        #expect(try await silent.readToEnd() == [])
    }

    @Test func `a server that runs ends when its task is cancelled`() async throws {
        let port = Watched(0)
        let task = Task {
            try await WebSocketServer.run(.init(host: "127.0.0.1", port: 0)) { server in
                port.update { $0 = server.port! }
            } handler: { connection in
                for try await message in connection.messages { try await connection.send(message) }
            }
        }
        try await port.wait { $0 != 0 }
        let peer = try await RawPeer.upgraded(port: port.value)
        try await peer.send(.text("hello"))
        #expect(try await peer.receive() == .text("hello"))
        task.cancel()
        #expect(try await peer.receive().closeCode == 1001)
        try await peer.send(.close(1001))
        try await task.value
    }

    @Test func `leaving a handler closes with 1000, throwing with 1011`() async throws {
        struct Failure: Error {}
        let port = Watched(0)
        let task = Task {
            try await WebSocketServer.run(.init(host: "127.0.0.1", port: 0)) { server in
                port.update { $0 = server.port! }
            } handler: { connection in
                if connection.handshake.path == "/throw" { throw Failure() }
            }
        }
        defer { task.cancel() }
        try await port.wait { $0 != 0 }
        for (path, code) in [("/", UInt16(1000)), ("/throw", 1011)] {
            let peer = try await RawPeer.upgraded(port: port.value, path: path)
            #expect(try await peer.receive().closeCode == code)
        }
    }

    @Test func `a handler is cancelled when its connection ends`() async throws {
        let port = Watched(0)
        let ends = Watched(0)
        let task = Task {
            try await WebSocketServer.run(.init(host: "127.0.0.1", port: 0)) { server in
                port.update { $0 = server.port! }
            } handler: { _ in
                try? await Task.sleep(for: .seconds(3_600))
                ends.update { $0 += 1 }
            }
        }
        defer { task.cancel() }
        try await port.wait { $0 != 0 }
        let peer = try await RawPeer.upgraded(port: port.value)
        await peer.reset()
        try await ends.wait { $0 == 1 }
    }
}
