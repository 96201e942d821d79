import LWSSwift
import TestSupport

@testable import broadcast_server

/// A raw client that speaks `broadcast.v1.json`: bytes on one side, objects on the other.
struct JSONPeer: Sendable {
    let peer: RawPeer
    let welcome: Welcome

    var member: Member { welcome.member }

    /// Connects, and takes the first object for the welcome that it has to be.
    ///
    /// - Parameter session: the session of one that comes back.
    static func connected(
        to server: RunningProgram,
        _ path: String = "/",
        session: String? = nil
    ) async throws -> JSONPeer {
        try await connected(to: server.port, path, session: session)
    }

    /// Connects to a port of 127.0.0.1.
    static func connected(to port: Int, _ path: String = "/", session: String? = nil) async throws -> JSONPeer {
        let offers = [ChatProtocol.subprotocol] + (session.map { [ChatProtocol.sessionPrefix + $0] } ?? [])
        let peer = try await RawPeer.upgraded(
            port: port,
            path: path,
            fields: ["Sec-WebSocket-Protocol: \(offers.joined(separator: ", "))"]
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

    /// The next object, but for those that only tell a position, and pings, which are answered: they may come at any time.
    func receive() async throws -> ServerObject {
        while true {
            let frame = try await peer.receive()
            if frame.opcode == .ping {
                try await peer.send(RawFrame(.pong, frame.payload))
                continue
            }
            let object = try Self.object(frame)
            if case .position = object { continue }
            return object
        }
    }

    /// The next binary message; objects are passed over.
    func nextBinary() async throws -> [UInt8] {
        while true {
            let frame = try await peer.receive()
            if frame.opcode == .binary { return frame.payload }
        }
    }

    /// The next position that is told by itself; other objects are passed over.
    func nextPosition() async throws -> PositionText {
        while true {
            if case .position(let id) = try await Self.object(peer.receive()) { return id }
        }
    }

    /// The next objects up to one that is wanted, which `pick` makes something of.
    func next<Result>(_ pick: (ServerObject) -> Result?) async throws -> Result {
        while true {
            if let result = pick(try await receive()) { return result }
        }
    }

    /// The next message; other objects are passed over.
    func nextMessage() async throws -> ChatMessage {
        try await next { if case .message(let message) = $0 { message } else { nil } }
    }

    /// The next acknowledgement; other objects are passed over.
    func nextAcknowledgement() async throws -> Acknowledgement {
        try await next { if case .ack(let acknowledgement) = $0 { acknowledgement } else { nil } }
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
