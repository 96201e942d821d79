import Foundation
import LWSSwift
import TestSupport

@testable import broadcast_server

/// A server's end of a connection that speaks `broadcast.v1.json`, object by object.
struct ChatPeer: Sendable {
    private let peer: RawPeer
    /// The path and query of the client's request.
    let target: String
    /// The session that the client has shown.
    let shownSession: String?

    static let session = "0123456789abcdef0123456789abcdef"
    static let ann = Member(id: ClientID(number: 2), name: "ann")

    /// Waits for a client, agrees with it, and welcomes it.
    ///
    /// - Parameters:
    ///   - position: where the client is told to be.
    ///   - recovered: whether it is told that nothing is missing.
    static func accept(
        _ listener: RawListener,
        position: PositionText = "1.0",
        recovered: Bool = false
    ) async throws -> ChatPeer {
        let peer = try await listener.accept()
        let head = try await peer.readHead()
        let offers = try offers(in: head)
        guard offers.first == ChatProtocol.subprotocol else { throw RawPeer.Unexpected("no offer in \(head)") }
        let field = "Sec-WebSocket-Protocol: \(ChatProtocol.subprotocol)"
        try await peer.write(RawListener.answer(to: head, fields: [field]))
        let prefix = ChatProtocol.sessionPrefix
        let session = offers.dropFirst().first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        let chat = ChatPeer(peer: peer, target: String(head.split(separator: " ")[1]), shownSession: session)
        let welcome = Welcome(
            position: position,
            recovered: recovered,
            member: Member(id: ClientID(number: 1), name: "Client 1"),
            session: Self.session,
            channel: "",
            count: 1
        )
        try await chat.send(.welcome(welcome))
        // There is nothing of the past, or it comes with what the test says.
        if chat.target.contains("after=") || chat.target.contains("last=") { try await chat.send(.position(position)) }
        return chat
    }

    private static func offers(in head: String) throws -> [String] {
        let name = "Sec-WebSocket-Protocol: "
        guard let line = head.components(separatedBy: "\r\n").first(where: { $0.hasPrefix(name) }) else {
            throw RawPeer.Unexpected("no offer in \(head)")
        }
        return line.dropFirst(name.count).components(separatedBy: ", ")
    }

    func send(_ object: ServerObject) async throws {
        try await peer.send(RawFrame(.text, ChatProtocol.encode(object).bytes))
    }

    /// Has ann say something.
    func say(_ text: String, _ id: PositionText) async throws {
        try await send(.message(ChatMessage(id: id, from: Self.ann, time: 1_763_933_812_345, text: text)))
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
        guard case .message(let text, let key?, _) = object else {
            throw RawPeer.Unexpected("no message but \(object)")
        }
        return (text, key)
    }

    /// The next message of a client that may leave instead, or be gone: nil then.
    func nextMessageOrEnd() async throws -> (text: String, key: String)? {
        guard let frame = try? await peer.receive() else { return nil }
        guard frame.opcode != .close else {
            try await peer.send(frame)
            return nil
        }
        guard case .message(let text, let key?, _) = try ChatProtocol.decode(ClientObject.self, from: frame.payload)
        else {
            throw RawPeer.Unexpected("no message but \(frame)")
        }
        return (text, key)
    }

    func acknowledge(_ key: String, id: PositionText = "1.1", receivers: Int = 1) async throws {
        try await send(.ack(Acknowledgement(key: key, id: id, receivers: receivers, stored: .memory)))
    }

    /// Closes in good order; what the client had sent before is passed over.
    func close(_ code: UInt16, reason: String = "") async throws {
        try await peer.send(.close(code, reason))
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
