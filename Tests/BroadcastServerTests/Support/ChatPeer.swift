import Foundation
import LWSSwift
import TestSupport

@testable import broadcast_server

/// A server's end of a connection that speaks `broadcast.v1.json`, object by object.
struct ChatPeer: Sendable {
    private let peer: RawPeer
    /// The path and query of the client's request.
    let target: String

    static let session = "0123456789abcdef0123456789abcdef"

    /// Waits for a client, agrees with it, and welcomes it.
    static func accept(_ listener: RawListener) async throws -> ChatPeer {
        let peer = try await listener.accept()
        let head = try await peer.readHead()
        let field = "Sec-WebSocket-Protocol: \(ChatProtocol.subprotocol)"
        guard head.contains(field) else { throw RawPeer.Unexpected("no offer in \(head)") }
        try await peer.write(RawListener.answer(to: head, fields: [field]))
        let chat = ChatPeer(peer: peer, target: String(head.split(separator: " ")[1]))
        let welcome = Welcome(
            position: "1.0",
            recovered: false,
            member: Member(id: ClientID(number: 1), name: "Client 1"),
            session: session,
            channel: "",
            count: 1
        )
        try await chat.send(.welcome(welcome))
        return chat
    }

    func send(_ object: ServerObject) async throws {
        try await peer.send(RawFrame(.text, ChatProtocol.encode(object).bytes))
    }

    /// The next object of the client.
    func next() async throws -> ClientObject {
        let frame = try await peer.receive()
        guard frame.opcode == .text else { throw RawPeer.Unexpected("no object but \(frame)") }
        return try ChatProtocol.decode(ClientObject.self, from: frame.payload)
    }

    /// The next message of the client, which must have a key.
    func nextMessage() async throws -> (text: String, key: String) {
        let object = try await next()
        guard case .message(let text, let key?) = object else { throw RawPeer.Unexpected("no message but \(object)") }
        return (text, key)
    }

    func acknowledge(_ key: String) async throws {
        try await send(.ack(Acknowledgement(key: key, id: "1.1", receivers: 1, stored: .memory)))
    }

    /// Closes in good order; what the client had sent before is passed over.
    func close(_ code: UInt16) async throws {
        try await peer.send(.close(code))
        while try await peer.receive().opcode != .close {}
        await peer.end()
    }

    /// Waits for the client's close frame, and answers it.
    func endOfClient() async throws {
        _ = try await peer.receiveToEnd()
    }

    /// Ends the connection without a word.
    func reset() async {
        await peer.reset()
    }
}
