import LWSSwift
import TestSupport
import Testing

@testable import broadcast_server

/// A client that listens to the events of a channel.
struct EventListener: Sendable {
    /// One event, as it stood on the wire.
    struct Event: Equatable {
        var id: String?
        var name: String?
        var data: [String] = []

        /// The object that its data is.
        func object() throws -> ServerObject {
            try ChatProtocol.decode(ServerObject.self, from: Array(data.joined(separator: "\n").utf8))
        }
    }

    let peer: RawPeer
    let head: String

    /// Asks for events, and reads the head of the answer.
    static func asking(_ port: Int, _ path: String = "/", fields: [String] = []) async throws -> EventListener {
        let peer = try RawPeer(port: port)
        let request = RawRequest(path: path, fields: ["Host: localhost", "Accept: text/event-stream"] + fields)
        try await peer.write(request.bytes)
        return EventListener(peer: peer, head: try await peer.readHead())
    }

    /// Asks for events, and reads what a stream begins with.
    ///
    /// - Returns: the listener, and the position that it was given.
    static func connected(
        to port: Int,
        _ path: String = "/",
        fields: [String] = []
    ) async throws -> (listener: EventListener, position: String) {
        let listener = try await asking(port, path, fields: fields)
        try #require(listener.head.hasPrefix("HTTP/1.1 200 "), "\(listener.head)")
        #expect(try await listener.peer.readLine() == "retry: 2000")
        let id = try await listener.peer.readLine()
        try #require(id.hasPrefix("id: "))
        #expect(try await listener.peer.readLine().isEmpty)
        return (listener, String(id.dropFirst(4)))
    }

    /// The next event, of whatever name.
    func next() async throws -> Event {
        var event = Event()
        while true {
            let line = try await peer.readLine()
            if line.isEmpty { return event }
            if line.hasPrefix("id: ") {
                event.id = String(line.dropFirst(4))
            } else if line.hasPrefix("event: ") {
                event.name = String(line.dropFirst(7))
            } else if line.hasPrefix("data: ") {
                event.data.append(String(line.dropFirst(6)))
            } else {
                throw RawPeer.Unexpected("the line \(line)")
            }
        }
    }

    /// The next event of this name; nil for what was said.
    func next(_ name: String?) async throws -> Event {
        while true {
            let event = try await next()
            if event.name == name { return event }
        }
    }
}
