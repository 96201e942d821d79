import LWSSwift
import TestSupport

@testable import broadcast_server

/// A raw client that speaks `broadcast.v1.json`: bytes on one side, objects on the other.
struct JSONPeer: Sendable {
    let peer: RawPeer
    let welcome: Welcome

    var member: Member { welcome.member }

    /// Connects, and takes the first object for the welcome that it has to be.
    static func connected(to server: RunningProgram, _ path: String = "/") async throws -> JSONPeer {
        try await connected(to: server.port, path)
    }

    /// Connects to a port of 127.0.0.1.
    static func connected(to port: Int, _ path: String = "/") async throws -> JSONPeer {
        let peer = try await RawPeer.upgraded(
            port: port,
            path: path,
            fields: ["Sec-WebSocket-Protocol: \(ChatProtocol.subprotocol)"]
        )
        let first = try await object(peer.receive())
        guard case .welcome(let welcome) = first else { throw RawPeer.Unexpected("no welcome: \(first)") }
        return JSONPeer(peer: peer, welcome: welcome)
    }

    func send(_ object: ClientObject) async throws {
        try await peer.send(Self.frame(object))
    }

    func send(json: String) async throws {
        try await peer.send(.text(json))
    }

    func receive() async throws -> ServerObject {
        try await Self.object(peer.receive())
    }

    func receive(_ count: Int) async throws -> [ServerObject] {
        var objects: [ServerObject] = []
        for _ in 0..<count { objects.append(try await receive()) }
        return objects
    }

    static func frame(_ object: ClientObject) -> RawFrame {
        RawFrame(.text, ChatProtocol.encode(object).bytes)
    }

    static func object(_ frame: RawFrame) throws -> ServerObject {
        guard frame.opcode == .text else { throw RawPeer.Unexpected("no text: \(frame)") }
        return try ChatProtocol.decode(ServerObject.self, from: frame.payload)
    }
}
