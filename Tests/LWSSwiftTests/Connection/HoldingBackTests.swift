import LWSSwift
import TestSupport
import Testing

/// A peer that sends more than it may is read from more slowly: nothing of it is lost, and it is known whether it is there.
@Suite(.timeLimit(.minutes(1))) struct HoldingBackTests {
    /// A server that holds back after each message for longer than any test takes, and a peer.
    private func withHoldingServer(
        _ limits: (inout ConnectionLimits) -> Void = { _ in },
        _ body: (RawPeer, Watched<[String]>, Watched<[WebSocketClose]>) async throws -> Void
    ) async throws {
        let texts = Watched<[String]>([])
        let closes = Watched<[WebSocketClose]>([])
        try await withServer {
            limits(&$0.limits)
        } onConnection: { connection in
            connection.onMessage { message in
                texts.append(message.text ?? "")
                connection.holdBack(for: .seconds(3_600))
            }
            connection.onClose { closes.append($0) }
        } _: { server in
            try await body(try await RawPeer.upgraded(port: server.port!), texts, closes)
        }
    }

    @Test func `its pings are answered while its messages wait`() async throws {
        try await withHoldingServer { peer, texts, _ in
            try await peer.send(.text("a"), .text("b"), RawFrame(.ping, [1, 2]), .text("c"))
            #expect(try await peer.receive() == RawFrame(.pong, [1, 2]))
            #expect(texts.value == ["a"])
        }
    }

    @Test func `its close frame is seen, and answered when it has waited long enough`() async throws {
        try await withHoldingServer {
            $0.closeTimeout = .milliseconds(300)
        } _: { peer, texts, closes in
            try await peer.send(.text("a"), .text("b"), .text("c"), .close(1000))
            #expect(try await peer.receive().opcode == .close)
            // What may not come by then goes with it.
            #expect(texts.value == ["a"])
            await peer.end()
            try await closes.wait { $0.count == 1 }
            #expect(closes.value[0].code == .normalClosure)
            #expect(closes.value[0].initiator == .peer)
        }
    }

    @Test func `what is held back is lost when it goes without a word`() async throws {
        try await withHoldingServer { peer, texts, closes in
            try await peer.send(.text("a"), .text("b"), RawFrame(.ping, []))
            #expect(try await peer.receive().opcode == .pong)
            await peer.end()
            try await closes.wait { $0.count == 1 }
            #expect(texts.value == ["a"])
            #expect(closes.value[0].code == .abnormalClosure)
        }
    }

    @Test func `what cannot be understood fails the connection behind what it has said`() async throws {
        let texts = Watched<[String]>([])
        try await withServer(onConnection: { connection in
            connection.onMessage { message in
                texts.append(message.text ?? "")
                connection.holdBack(for: .milliseconds(1))
            }
        }) { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            try await peer.send(.text("a"), .text("b"), RawFrame(.reserved3, []))
            #expect(try await peer.receive() == .close(1002, "opcode 3 is not defined"))
            #expect(texts.value == ["a", "b"])
        }
    }

    @Test func `this side closes whatever waits`() async throws {
        let texts = Watched<[String]>([])
        try await withServer(onConnection: { connection in
            connection.onMessage { message in
                texts.append(message.text ?? "")
                connection.holdBack(for: .seconds(3_600))
                let handle = connection.connection
                connection.connection.loop.execute { handle.onLoop.close(code: .policyViolation, reason: "enough") }
            }
        }) { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            try await peer.send(.text("a"), .text("b"))
            #expect(try await peer.receive() == .close(1008, "enough"))
            try await peer.send(.close(1008))
            #expect(try await peer.readToEnd() == [])
            #expect(texts.value == ["a"])
        }
    }

    @Test(arguments: [false, true])
    func `a flood comes in order and whole`(isInFragments: Bool) async throws {
        // So much that the room for what waits is filled many times, and the socket is not read from meanwhile.
        let count = 4_000
        let numbers = Watched<[Int]>([])
        try await withServer(onConnection: { connection in
            var received = 0
            connection.onMessage { message in
                numbers.append(Int(message.text?.prefix { $0 != " " } ?? "") ?? -1)
                received += 1
                if received.isMultiple(of: 500) { connection.holdBack(for: .milliseconds(1)) }
            }
        }) { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            let filling = String(repeating: "x", count: 1_000)
            for number in 0..<count {
                if isInFragments {
                    try await peer.send(
                        .text("\(number) ", isFinal: false),
                        .continuation(filling)
                    )
                } else {
                    try await peer.send(.text("\(number) \(filling)"))
                }
            }
            try await peer.close()
            #expect(numbers.value == Array(0..<count))
        }
    }

    @Test func `one that lives is not taken for lost while its pongs are not read`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        try await withServer {
            $0.limits.keepalive = .init(interval: .milliseconds(100), timeout: .milliseconds(300))
        } onConnection: { connection in
            connection.onMessage { _ in connection.holdBack(for: .seconds(3_600)) }
            connection.onClose { closes.append($0) }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            let frame = RawFrame.text(String(repeating: "x", count: 10_000)).encoded(masked: true)
            // What a pong would have to stand behind.
            _ = await peer.writeUntilFull(frame)
            // It answers none of them, but takes them.
            for _ in 0..<8 { #expect(try await peer.receive().opcode == .ping) }
            #expect(closes.value.isEmpty)
        }
    }
}
