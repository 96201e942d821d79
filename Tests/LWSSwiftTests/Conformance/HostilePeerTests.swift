import Foundation
import LWSSwift
import TestSupport
import Testing

/// Peers that misbehave, each beside one that does not: the first is ended, the second does not notice.
@Suite(.timeLimit(.minutes(1))) struct HostilePeerTests {
    /// Serves a well-behaved peer before and after `misbehave`, and waits until nobody but it is left.
    private func beside(
        _ configure: (inout WebSocketServer.Configuration) -> Void = { _ in },
        onConnection: @escaping @Sendable (LoopConnection) -> Void = echo,
        _ misbehave: (_ server: WebSocketServer, _ good: RawPeer) async throws -> Void
    ) async throws {
        try await withServer {
            $0.limits.handshakeTimeout = .milliseconds(300)
            configure(&$0)
        } onConnection: {
            onConnection($0)
        } _: { server in
            let good = try await RawPeer.upgraded(port: server.port!)
            try await misbehave(server, good)
            try await good.send(.text("still here"))
            #expect(try await good.receive() == .text("still here"))
        }
    }

    @Test func `one that opens and says nothing is cut`() async throws {
        try await beside { server, _ in
            let silent = try RawPeer(port: server.port!)
            #expect(try await silent.readToEnd() == [])
        }
    }

    @Test func `one that dribbles its handshake is cut, however steadily it dribbles`() async throws {
        try await beside { server, _ in
            let slow = try RawPeer(port: server.port!)
            let request = RawRequest().bytes
            // Until the server ends it: there are more bytes than the time limit has room for.
            var sent = 0
            while sent < request.count, (try? await slow.write([request[sent]])) != nil {
                sent += 1
                if await slow.hasAnswer(within: 20) { break }
            }
            #expect(sent < request.count)
        }
    }

    @Test func `one that sends header fields for ever is refused`() async throws {
        try await beside {
            $0.limits.handshakeTimeout = .seconds(20)
        } _: { server, _ in
            let peer = try RawPeer(port: server.port!)
            try await peer.write("GET / HTTP/1.1\r\n")
            let line = Array("X-Field: \(String(repeating: "x", count: 200))\r\n".utf8)
            // The header limit, the system's buffers on both sides, and nothing more.
            var sent = 0
            while sent < 100 << 20, (try? await peer.write(line)) != nil { sent += line.count }
            #expect(sent < 100 << 20)
        }
    }

    @Test func `one with too many header fields is refused`() async throws {
        try await beside {
            $0.maximumHeaderFields = 10
        } _: { server, _ in
            let peer = try RawPeer(port: server.port!)
            let fields = [String](repeating: "Accept: text/html", count: 20)
            try await peer.write(RawRequest(fields: RawRequest.requiredFields + fields).bytes)
            #expect(try await peer.readHead().hasPrefix("HTTP/1.1 431 "))
        }
    }

    @Test func `one that sends no HTTP is cut`() async throws {
        try await beside { server, _ in
            for garbage in [
                Array("\u{16}\u{3}\u{1}".utf8), [UInt8](repeating: 0, count: 4_096), [0xFF, 0xFE], [13, 10],
            ] {
                let peer = try RawPeer(port: server.port!)
                try await peer.write(garbage)
                await peer.endSending()
                let answer = String(decoding: try await peer.readToEnd(), as: UTF8.self)
                #expect(!answer.contains(" 101 "))
            }
        }
    }

    @Test func `one that never reads is ended when nothing more goes out, and holds no more than its limit`()
        async throws
    {
        let lost = Watched<[WebSocketClose]>([])
        let most = Watched(0)
        try await beside {
            $0.limits.stallTimeout = .milliseconds(500)
        } onConnection: { connection in
            connection.onClose { close in lost.append(close) }
            let flood = {
                while connection.trySend(.binary([UInt8](repeating: 0, count: 10_000))) == .queued {}
                most.update { $0 = max($0, connection.queuedBytes) }
            }
            connection.onWritable(flood)
            connection.onMessage { message in
                if message == "flood" { flood() } else { _ = connection.trySend(message) }
            }
        } _: { server, _ in
            let deaf = try await RawPeer.upgraded(port: server.port!)
            try await deaf.send(.text("flood"))
            try await lost.wait { $0.count == 1 }
            #expect(most.value <= (1 << 20) + 10_014)
            withExtendedLifetime(deaf) {}
        }
        #expect(lost.value.first?.isClean == false)
    }

    @Test func `one that dribbles a message is closed with 1008`() async throws {
        try await beside {
            $0.limits.messageTimeout = .milliseconds(300)
        } _: { server, _ in
            let slow = try await RawPeer.upgraded(port: server.port!)
            try await slow.send(.text("x", isFinal: false))
            while await !slow.hasAnswer(within: 20) { try await slow.send(.continuation("x", isFinal: false)) }
            #expect(try await slow.receive().closeCode == 1008)
        }
    }

    @Test func `one that stops in the middle of a frame counts as lost when it answers no ping`() async throws {
        let lost = Watched<[WebSocketClose]>([])
        try await withServer {
            $0.limits.keepalive = .init(interval: .milliseconds(200), timeout: .milliseconds(200))
        } onConnection: { connection in
            connection.onClose { lost.append($0) }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            try await peer.write(Array(RawFrame.text("hello").encoded(masked: true).dropLast(3)))
            try await lost.wait { $0.count == 1 }
            #expect(lost.value[0].code == .abnormalClosure || lost.value[0].code == .policyViolation)
        }
    }

    @Test func `one that floods pings does not keep the others waiting`() async throws {
        try await beside { server, good in
            let flood = try await RawPeer.upgraded(port: server.port!)
            let ping = RawFrame(.ping, [UInt8](repeating: 1, count: 125)).encoded(masked: true)
            let pings = Array(repeating: ping, count: 500).flatMap { $0 }
            for _ in 0..<20 {
                _ = await flood.writeUntilFull(pings)
                try await good.send(.text("quick"))
                #expect(try await good.receive() == .text("quick"))
            }
        }
    }

    @Test func `one that resets at every stage does no harm`() async throws {
        try await beside { server, _ in
            let request = RawRequest().bytes
            for count in [0, 1, request.count / 2, request.count - 1, request.count] {
                let peer = try RawPeer(port: server.port!)
                try await peer.write(Array(request.prefix(count)))
                await peer.reset()
            }
            let frame = RawFrame.text("hello").encoded(masked: true)
            for count in 1...frame.count {
                let peer = try await RawPeer.upgraded(port: server.port!)
                try await peer.write(Array(frame.prefix(count)))
                await peer.reset()
            }
        }
    }

    /// Random bytes and random changes to right ones, from seeds, so that what fails fails again.
    @Test(arguments: [WebSocketRole.server, .client], 0..<8)
    func `no bytes of a peer crash or hang the other side`(role: WebSocketRole, seed: Int) async throws {
        var random = SplitMix(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
        var limits = ConnectionLimits.patient
        limits.closeTimeout = .milliseconds(100)
        try await withEcho(role, limits) { connect in
            for _ in 0..<20 {
                let peer = try await connect()
                let masked = peer.masks
                var bytes: [UInt8] = []
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let payload = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                    let opcode = RawFrame.Opcode(rawValue: .random(in: 0...10, using: &random))!
                    bytes += RawFrame(opcode, isFinal: .random(using: &random), payload).encoded(masked: masked)
                }
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                await peer.writeEachByte(of: [], then: bytes[...])
                await peer.endSending()
                // It ends: by an error of the protocol, or because the peer has ended its half.
                _ = try await peer.readToEnd()
            }
            let good = try await connect()
            try await good.send(.text("still here"))
            #expect(try await good.receive() == .text("still here"))
        }
    }
}
