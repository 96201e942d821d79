import HTTPTypes
import TestSupport
import Testing

@testable import LWSSwift

@Suite(.timeLimit(.minutes(1))) struct ServerFiguresTests {
    @Test func `a server counts what it has taken in, how it has answered, and how it has ended`() async throws {
        try await withServer {
            $0.handshake = { $0.path == "/no" ? .reject(status: .forbidden, body: "") : .accept() }
            $0.http = { request in
                request.path == "/events" ? .eventStream { $0.close() } : HTTPServerResponse(text: "here\n")
            }
        } onConnection: { connection in
            connection.onMessage { _ in connection.close(code: .init(rawValue: 4_001)) }
        } _: { server in
            let port = try #require(server.port)
            try await RawPeer.upgraded(port: port).close()
            // One of those that anybody may make up.
            let other = try await RawPeer.upgraded(port: port)
            try await other.send(.close(4_321))
            while try await other.receive().opcode != .close {}
            let dismissed = try await RawPeer.upgraded(port: port)
            try await dismissed.send(.text("go"))
            while try await dismissed.receive().opcode != .close {}
            try await dismissed.send(.close(4_001))
            await (try RawPeer.upgraded(port: port)).end()
            for (path, isUpgrade) in [("/", false), ("/events", false), ("/no", true)] {
                let peer = try RawPeer(port: port)
                let fields = isUpgrade ? RawRequest.requiredFields : ["Host: localhost"]
                try await peer.write(RawRequest(path: path, fields: fields).bytes)
                _ = try await peer.readHead()
                await peer.end()
            }

            var figures = await server.figures()
            // The server hears of the last ends in its own time.
            while figures.closings.values.reduce(0, +) < 4 || figures.eventStreamEnds.isEmpty {
                await Task.yield()
                figures = await server.figures()
            }
            #expect(figures.accepted == 7)
            #expect(figures.connections == 4)
            #expect(figures.eventStreams == 1)
            #expect(figures.eventStreamEnds == [.byServer: 1])
            #expect(figures.responses == [2: 2, 4: 1])
            let expected: [ServerFigures.Closing: Int] = [
                .init(code: .normalClosure, initiator: .peer): 1,
                .init(code: nil, initiator: .peer): 1,
                .init(code: .init(rawValue: 4_001), initiator: .local): 1,
                .init(code: .abnormalClosure, initiator: .connectionLoss): 1,
            ]
            #expect(figures.closings == expected)
        }
    }
}
