import LWSSwift
import TestSupport
import Testing

/// A sequence of equal pieces that counts how many were asked for.
struct CountedPieces: AsyncSequence, Sendable {
    let count: Int
    let piece: [UInt8]
    let asked = Watched(0)

    func makeAsyncIterator() -> Iterator {
        Iterator(pieces: self)
    }

    struct Iterator: AsyncIteratorProtocol {
        let pieces: CountedPieces
        var given = 0

        mutating func next() async -> [UInt8]? {
            guard given < pieces.count else { return nil }
            given += 1
            pieces.asked.update { $0 += 1 }
            return pieces.piece
        }
    }
}

/// Runs `body` with a server's first connection and the raw peer at its other end.
func withRawClient(
    receiveBuffer: Int32? = nil,
    fields: [String] = [],
    _ configure: (inout WebSocketServer.Configuration) -> Void = { _ in },
    onConnection: @escaping @Sendable (LoopConnection) -> Void = { _ in },
    _ body: (_ connection: WebSocketConnection, _ peer: RawPeer) async throws -> Void
) async throws {
    let opened = Watched<WebSocketConnection?>(nil)
    try await withServer(
        configure,
        onConnection: { connection in
            onConnection(connection)
            let handle = connection.connection
            opened.update { $0 = handle }
        }
    ) { server in
        let peer = try await RawPeer.upgraded(port: server.port!, fields: fields, receiveBuffer: receiveBuffer)
        try await opened.wait { $0 != nil }
        try await body(opened.value!, peer)
    }
}
