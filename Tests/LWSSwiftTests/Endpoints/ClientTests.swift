import HTTPTypes
import LWSSwift
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ClientTests {
    private func expectFailure(
        _ code: WebSocketError.Code,
        _ text: String,
        to url: String,
        _ configuration: WebSocketClient.Configuration = .init(),
        _ location: SourceLocation = #_sourceLocation
    ) async {
        await #expect(sourceLocation: location) {
            try await WebSocketClient.connect(to: url, configuration) { _ in }
        } throws: { error in
            (error as? WebSocketError)?.code == code && "\(error)".contains(text)
        }
    }

    /// Has a raw server answer one handshake with `answer`, and returns the request it got.
    private func answering(
        _ answer: @escaping @Sendable (RawPeer, _ head: String) async throws -> Void,
        _ body: (_ url: String) async throws -> Void
    ) async throws -> String {
        let listener = try RawListener()
        let served = Task {
            let peer = try await listener.accept()
            let head = try await peer.readHead()
            try await answer(peer, head)
            return (peer, head)
        }
        try await body(listener.url)
        return try await served.value.1
    }

    // MARK: What goes wrong

    @Test func `a port at which nobody listens is told as refused`() async throws {
        let port = try await withServer { $0.port! }
        await expectFailure(.connectionRefused, "127.0.0.1:\(port)", to: "ws://127.0.0.1:\(port)/")
    }

    @Test func `a socket path that is not there is told as refused`() async throws {
        await expectFailure(.connectionRefused, "/nonexistent.sock", to: "ws+unix:///nonexistent.sock")
    }

    @Test func `a name without an address is told`() async throws {
        await expectFailure(.nameNotFound, "no-such-host.invalid", to: "ws://no-such-host.invalid/")
    }

    @Test(arguments: ["ftp://localhost/", "localhost:8088", "ws://", "ws://localhost:0/", "ws://localhost/#x", ""])
    func `a URL that is none is told before anything is tried`(url: String) async throws {
        await expectFailure(.invalidURL, "ws://localhost:8088/", to: url)
    }

    @Test func `what does not fit the request is refused, not cut`() async throws {
        await expectFailure(.invalidURL, "8000", to: "ws://localhost/" + String(repeating: "x", count: 8_000))
        await expectFailure(.invalidURL, "261", to: "ws://" + String(repeating: "x", count: 262) + "/")
        var configuration = WebSocketClient.Configuration.patient
        configuration.origin = "http://a\r\nX-Forged: 1"
        await expectFailure(.invalidConfiguration, "origin", to: "ws://localhost", configuration)
        configuration.origin = nil
        configuration.subprotocols = ["not a token"]
        await expectFailure(.invalidConfiguration, "not a token", to: "ws://localhost", configuration)
        configuration.subprotocols = (0..<1_000).map { "name\($0)" }
        await expectFailure(.invalidConfiguration, "4,096", to: "ws://localhost", configuration)
        configuration.subprotocols = []
        configuration.headerFields[.userAgent] = String(repeating: "x", count: 40_000)
        await expectFailure(.invalidConfiguration, "fit", to: "ws://localhost", configuration)
        configuration.headerFields = [.upgrade: "h2c"]
        await expectFailure(.invalidConfiguration, "Upgrade", to: "ws://localhost", configuration)
        configuration.headerFields = [:]
        configuration.proxy = .url("socks5://localhost")
        await expectFailure(.invalidConfiguration, "proxy", to: "ws://localhost", configuration)
        configuration.proxy = .none
        configuration.maximumRedirects = 21
        await expectFailure(.invalidConfiguration, "maximumRedirects", to: "ws://localhost", configuration)
    }

    @Test func `a server that does not answer the handshake runs into the time limit`() async throws {
        let listener = try RawListener()
        var configuration = WebSocketClient.Configuration.patient
        configuration.limits.handshakeTimeout = .milliseconds(200)
        await expectFailure(.timedOut, "handshake", to: listener.url, configuration)
    }

    @Test func `a host that does not answer at all runs into the time limit`() async throws {
        var configuration = WebSocketClient.Configuration.patient
        configuration.connectTimeout = .milliseconds(200)
        // An address for documentation (RFC 5737), where nobody is; some networks say so at once.
        await #expect {
            try await WebSocketClient.connect(to: "ws://192.0.2.1/", configuration) { _ in }
        } throws: { error in
            [.timedOut, .unreachable, .permissionDenied, .connectionRefused].contains(
                (error as? WebSocketError)?.code
            )
        }
    }

    @Test func `a refusal has its status and the beginning of its body`() async throws {
        _ = try await answering { peer, _ in
            try await peer.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\nConnection: close\r\n\r\nnot you!")
        } _: { url in
            await #expect {
                try await WebSocketClient.connect(to: url) { _ in }
            } throws: { error in
                let error = error as? WebSocketError
                return error?.code == .handshakeRejected
                    && error?.rejection == .init(status: 403, bodyPrefix: "not you!")
                    && "\(error!)".contains("403") && "\(error!)".contains("not you!")
            }
        }
    }

    @Test func `a server that hangs up in the handshake is told`() async throws {
        _ = try await answering { peer, _ in
            await peer.end()
        } _: { url in
            await #expect(throws: WebSocketError.self) { try await WebSocketClient.connect(to: url) { _ in } }
        }
    }

    @Test func `connecting can be cancelled`() async throws {
        let listener = try RawListener()
        try await withLoop { loop in
            let task = Task { try await WebSocketClient.connect(to: listener.url, .patient, on: loop) }
            let peer = try await listener.accept()
            _ = try await peer.readHead()
            task.cancel()
            await #expect { try await task.value } throws: { ($0 as? WebSocketError)?.code == .cancelled }
            #expect(try await peer.readToEnd() == [])
        }
    }

    @Test func `shutting the loop down ends an attempt`() async throws {
        let listener = try RawListener()
        let loop = try await ServiceLoop.start()
        let task = Task { try await WebSocketClient.connect(to: listener.url, .patient, on: loop) }
        let peer = try await listener.accept()
        _ = try await peer.readHead()
        await loop.shutdown()
        await #expect { try await task.value } throws: { ($0 as? WebSocketError)?.code == .loopStopped }
    }

    // MARK: What is sent and settled

    @Test func `fields, origin and subprotocols stand in the request, and the choice in the handshake`() async throws {
        var configuration = WebSocketClient.Configuration.patient
        configuration.headerFields = [.authorization: "Bearer x"]
        configuration.origin = "http://example.com"
        configuration.subprotocols = ["a", "b"]
        configuration.limits.closeTimeout = .milliseconds(100)
        let head = try await answering { peer, head in
            try await peer.write(try RawListener.answer(to: head, fields: ["Sec-WebSocket-Protocol: b"]))
        } _: { url in
            try await withLoop { loop in
                let connection = try await WebSocketClient.connect(to: url + "team?x=1&y", configuration, on: loop)
                #expect(connection.handshake.subprotocol == "b")
                #expect(connection.handshake.path == "/team")
                #expect(connection.handshake.query == "x=1&y")
                #expect(connection.handshake.remoteAddress?.host == "127.0.0.1")
                #expect(connection.role == .client)
            }
        }
        #expect(head.hasPrefix("GET /team?x=1&y HTTP/1.1\r\n"))
        for line in ["Authorization: Bearer x", "Origin: http://example.com", "Sec-WebSocket-Protocol: a, b"] {
            #expect(head.lowercased().contains("\r\n\(line.lowercased())\r\n"))
        }
    }

    @Test func `localhost is tried at all its addresses`() async throws {
        try await withServer { server in
            // The server has 127.0.0.1 only; ::1, where there is one, refuses.
            try await WebSocketClient.connect(to: "ws://localhost:\(server.port!)") { connection in
                try await connection.send("hello")
                var messages = connection.messages.makeAsyncIterator()
                #expect(try await messages.next() == "hello")
            }
        }
    }

    @Test func `many clients live on one loop`() async throws {
        try await withServer { server in
            try await withLoop { loop in
                try await withThrowingTaskGroup { group in
                    for number in 0..<100 {
                        group.addTask {
                            try await WebSocketClient.connect(to: server.url, on: loop) { connection in
                                #expect(loop.isCurrent)
                                try await connection.send(.text("\(number)"))
                                var messages = connection.messages.makeAsyncIterator()
                                #expect(try await messages.next() == .text("\(number)"))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `leaving the closure closes with 1000, and its result is returned`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        try await withServer(onConnection: { $0.onClose { closes.append($0) } }) { server in
            let result = try await WebSocketClient.connect(to: server.url) { _ in 42 }
            #expect(result == 42)
            struct Failure: Error {}
            await #expect(throws: Failure.self) {
                try await WebSocketClient.connect(to: server.url) { _ in throw Failure() }
            }
            try await closes.wait { $0.count == 2 }
            #expect(closes.value.allSatisfy { $0.code == .normalClosure && $0.initiator == .peer && $0.isClean })
        }
    }

    @Test func `cancelling the scoped call cancels its closure and closes`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        try await withServer(onConnection: { $0.onClose { closes.append($0) } }) { server in
            let isOpen = Watched(false)
            let url = server.url
            let task = Task {
                try await WebSocketClient.connect(to: url) { connection in
                    isOpen.update { $0 = true }
                    for try await _ in connection.messages {}
                }
            }
            try await isOpen.wait { $0 }
            task.cancel()
            await #expect { try await task.value } throws: { ($0 as? WebSocketError)?.code == .cancelled }
            try await closes.wait { $0.map(\.code) == [.normalClosure] }
        }
    }
}
