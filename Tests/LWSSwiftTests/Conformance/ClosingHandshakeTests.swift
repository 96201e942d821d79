import LWSSwift
import TestSupport
import Testing

/// RFC 6455 section 7: close frames, their codes and what may follow them. Each row holds in both roles.
@Suite(.timeLimit(.minutes(2))) struct ClosingHandshakeTests {
    static let roles: [WebSocketRole] = [.server, .client]

    static let codes: [UInt16] = [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999,
    ]

    @Test(arguments: codes, roles)
    func `a close frame is answered with its code`(code: UInt16, role: WebSocketRole) async throws {
        try await Exchange("\(code)", [.close(code, "why")], .closes(code)).check(role)
    }

    @Test(
        arguments: [UInt16](arrayLiteral: 0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535),
        roles
    )
    func `a code that may not be sent is answered with 1002`(code: UInt16, role: WebSocketRole) async throws {
        try await Exchange("\(code)", [.close(code)], .closes(1002)).check(role)
    }

    static let bodies: [Exchange] = [
        Exchange("one byte", [RawFrame(.close, [3])], .closes(1002)),
        Exchange("the longest reason", [.close(1000, String(repeating: "r", count: 123))], .closes(1000)),
        Exchange("a reason that is not UTF-8", [RawFrame(.close, [3, 232, 0xC3, 0x28])], .closes(1007)),
        Exchange("a reason of several bytes a character", [.close(1001, "göne 👋")], .closes(1001)),
    ]

    @Test(arguments: bodies, roles)
    func `the body of a close frame is a code and UTF-8`(exchange: Exchange, role: WebSocketRole) async throws {
        try await exchange.check(role)
    }

    @Test(arguments: roles)
    func `a close frame without a code is answered by one`(role: WebSocketRole) async throws {
        try await withEcho(role) { connect in
            let peer = try await connect()
            try await peer.send(RawFrame(.close))
            #expect(try await peer.receive() == RawFrame(.close))
            #expect(try await peer.readToEnd() == [])
        }
    }

    @Test(arguments: roles)
    func `what was received before the close frame is answered, what follows it is not`(
        role: WebSocketRole
    ) async throws {
        try await Exchange(
            "before and after",
            [.text("before"), .close(1000), .text("after"), RawFrame(.ping)],
            .closes(1000, after: [.text("before")])
        ).check(role)
    }

    @Test(arguments: roles)
    func `messages that arrive while this end waits for the answer are dropped`(role: WebSocketRole) async throws {
        let seen = Watched<[WebSocketMessage]>([])
        let closes = Watched<[WebSocketClose]>([])
        let serve: @Sendable (LoopConnection) -> Void = { connection in
            connection.onMessage { seen.append($0) }
            connection.onClose { closes.append($0) }
            connection.close(code: .normalClosure)
        }
        func check(_ peer: RawPeer) async throws {
            #expect(try await peer.receive() == .close(1000))
            try await peer.send(.text("late"), .close(1000))
            #expect(try await peer.readToEnd() == [])
            try await closes.wait { $0.count == 1 }
        }
        switch role {
        case .server:
            try await withServer(onConnection: serve) { try await check(.upgraded(port: $0.port!)) }
        case .client:
            let listener = try RawListener()
            try await withLoop { loop in
                async let peer = listener.acceptUpgraded()
                _ = try await WebSocketClient.connect(to: listener.url, .patient, on: loop, onConnection: serve)
                try await check(peer)
            }
        }
        #expect(seen.value == [])
        #expect(closes.value == [WebSocketClose(code: .normalClosure, initiator: .local, isClean: true)])
    }

    @Test(arguments: roles)
    func `how a connection ended tells a close without a code from no close at all`(role: WebSocketRole) async throws {
        let closes = Watched<[WebSocketClose]>([])
        let serve: @Sendable (LoopConnection) -> Void = { $0.onClose { closes.append($0) } }
        func check(_ connect: () async throws -> RawPeer) async throws {
            try await connect().send(RawFrame(.close))
            try await closes.wait { $0.count == 1 }
            try await connect().end()
            try await closes.wait { $0.count == 2 }
            try await connect().reset()
            try await closes.wait { $0.count == 3 }
        }
        switch role {
        case .server:
            try await withServer(onConnection: serve) { server in
                try await check { try await .upgraded(port: server.port!) }
            }
        case .client:
            let listener = try RawListener()
            try await withLoop { loop in
                try await check {
                    async let peer = listener.acceptUpgraded()
                    _ = try await WebSocketClient.connect(to: listener.url, .patient, on: loop, onConnection: serve)
                    return try await peer
                }
            }
        }
        #expect(
            closes.value == [
                WebSocketClose(code: .noStatusReceived, initiator: .peer, isClean: true),
                WebSocketClose(code: .abnormalClosure, initiator: .connectionLoss, isClean: false),
                WebSocketClose(code: .abnormalClosure, initiator: .connectionLoss, isClean: false),
            ]
        )
    }
}
