import TestSupport
import Testing

@testable import LWSSwift

/// A group on loops of its own, a server on each, and what the tests do with them.
struct GroupFixture: Sendable {
    /// Makes a connection a member of the group.
    typealias Admission = @Sendable (BroadcastGroup, LoopConnection) -> BroadcastMember
    /// Makes an event stream a member of the group.
    typealias StreamAdmission = @Sendable (BroadcastGroup, EventStreamConnection) -> BroadcastMember

    let group: BroadcastGroup
    let loops: [ServiceLoop]
    fileprivate let servers: [WebSocketServer]
    fileprivate let joined: Watched<[BroadcastMember]>

    /// The group's first loop.
    var loop: ServiceLoop { loops[0] }

    /// Where the server on a loop listens.
    func port(ofLoop index: Int) -> Int { servers[index].port ?? 0 }

    /// Connects a peer to the server on a loop, and waits until it is a member.
    func connect(loop index: Int = 0, receiveBuffer: Int32? = nil) async throws -> GroupPeer {
        let count = joined.value.count
        let peer = try RawPeer(port: port(ofLoop: index), receiveBuffer: receiveBuffer)
        try await peer.write(RawRequest().bytes)
        let head = try await peer.readHead()
        try #require(head.hasPrefix("HTTP/1.1 101 "))
        try await joined.wait { $0.count > count }
        return GroupPeer(raw: peer, member: joined.value[count])
    }

    /// Asks the server on a loop for a stream of events, and waits until it is a member.
    func listen(loop index: Int = 0, receiveBuffer: Int32? = nil) async throws -> EventPeer {
        let count = joined.value.count
        let peer = try RawPeer(port: port(ofLoop: index), receiveBuffer: receiveBuffer)
        try await peer.write(RawRequest(fields: ["Host: localhost", "Accept: text/event-stream"]).bytes)
        let head = try await peer.readHead()
        try #require(head.hasPrefix("HTTP/1.1 200 "))
        try await joined.wait { $0.count > count }
        return EventPeer(raw: peer, head: head, member: joined.value[count])
    }

    /// Returns when what the home loop has done of the group has come to all loops.
    func settle() async {
        for target in loops {
            await withCheckedContinuation { continuation in
                loop.execute { group.inOrder(on: target) { continuation.resume() } }
            }
        }
    }

    /// Connects several peers, in order.
    func connect(_ count: Int, loop index: Int = 0) async throws -> [GroupPeer] {
        var peers: [GroupPeer] = []
        for _ in 0..<count { peers.append(try await connect(loop: index)) }
        return peers
    }

    /// Connects a peer that reads only when told to, from a small buffer.
    func connectSlowly(loop index: Int = 0) async throws -> GroupPeer {
        try await connect(loop: index, receiveBuffer: 16_384)
    }

    /// Waits until the group has as many members.
    func waitForMembers(_ count: Int, _ location: SourceLocation = #_sourceLocation) async throws {
        try await eventually("the group has \(group.memberCount) members", location) { group.memberCount == count }
    }

    /// Slabs that the group holds on the first loop.
    func takenSlabs() async throws -> Int {
        let loop = loop
        return try await loop.run { loop.slabs.takenSlabs }
    }

    /// Waits until nothing of the group's messages is held on any loop.
    func waitUntilNothingIsHeld(_ location: SourceLocation = #_sourceLocation) async throws {
        for loop in loops {
            try await eventually("slabs are held", location) { try await loop.run { loop.slabs.takenSlabs } == 0 }
        }
    }
}

/// A peer, and the member of the group that its connection is.
struct GroupPeer: Sendable {
    let raw: RawPeer
    let member: BroadcastMember

    var loop: ServiceLoop { member.core.loop }
    /// The connection, for any task.
    var webSocket: WebSocketConnection {
        guard let connection = member.subscriber.webSocket else { preconditionFailure("It is an event stream.") }
        return connection
    }
    /// The connection. On its loop only.
    var connection: LoopConnection { LoopConnection(core: webSocket.core) }

    /// Sends it messages of its own, a turn each, until more wait than the system may still take; it reads none. Returns
    /// how many.
    func fill() async throws -> Int {
        var count = 0
        while try await loop.run({ connection.queuedBytes }) < 4_500_000 {
            try await loop.run { _ = connection.trySend(GroupPeer.filler) }
            count += 1
        }
        return count
    }

    static let filler = WebSocketMessage.binary(Array(repeating: 0xF1, count: 60_000))

    /// Reads what ``fill()`` sent.
    func readFillers(_ count: Int) async throws {
        for _ in 0..<count { #expect(try await raw.message() == GroupPeer.filler) }
    }

    /// Checks that nothing else comes: the next frame is the answer to this one.
    func expectNothingMore(_ location: SourceLocation = #_sourceLocation) async throws {
        try await raw.send(RawFrame(.ping, [42]))
        #expect(try await raw.receive() == RawFrame(.pong, [42]), sourceLocation: location)
    }
}

/// Runs `body` with a group and peers that are its members, on as many loops as asked for; what a member sends goes to the
/// others, unless `admit` says otherwise.
func withGroup<Result>(
    _ configuration: BroadcastGroup.Configuration = .init(),
    loops count: Int = 1,
    eventLibrary: ServiceLoop.EventLibrary = .automatic,
    limits: ConnectionLimits = .patient,
    tls: TLSServerConfiguration? = nil,
    admit: @escaping GroupFixture.Admission = relayToOthers,
    admitStream: @escaping GroupFixture.StreamAdmission = { group, stream in group.join(stream) },
    _ body: (GroupFixture) async throws -> Result
) async throws -> Result {
    var loops: [ServiceLoop] = []
    for number in 0..<count {
        loops.append(try await ServiceLoop.start(.init(name: "loop \(number)", eventLibrary: eventLibrary)))
    }
    let group = BroadcastGroup(on: loops, configuration)
    let joined = Watched<[BroadcastMember]>([])
    var servers: [WebSocketServer] = []
    var serverConfiguration = WebSocketServer.Configuration(host: "127.0.0.1", port: 0)
    serverConfiguration.limits = limits
    serverConfiguration.tls = tls
    serverConfiguration.http = { _ in .eventStream { stream in joined.append(admitStream(group, stream)) } }
    for loop in loops {
        servers.append(
            try await WebSocketServer.start(serverConfiguration, on: loop) { connection in
                joined.append(admit(group, connection))
            }
        )
    }
    let fixture = GroupFixture(group: group, loops: loops, servers: servers, joined: joined)
    let result: Swift.Result<Result, any Error>
    do {
        result = .success(try await body(fixture))
    } catch {
        result = .failure(error)
    }
    for server in servers { await server.shutdown(deadline: .zero) }
    for loop in loops { await loop.shutdown() }
    #expect(loops.allSatisfy { $0.slabs.takenSlabs == 0 }, "the memory of the group's messages was given back")
    return try result.get()
}

/// Admits a member whose messages go to the others.
@Sendable
func relayToOthers(_ group: BroadcastGroup, _ connection: LoopConnection) -> BroadcastMember {
    let member = group.join(connection)
    connection.onBorrowedMessage { message in group.trySend(message, from: member) }
    return member
}

/// Asks again and again, a turn of the executor apart, until the answer is yes; the test fails when it never is.
func eventually(
    _ complaint: @autoclosure () -> String,
    _ location: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while !(try await condition()) {
        try #require(ContinuousClock.now < deadline, "did not come: \(complaint())", sourceLocation: location)
        await Task.yield()
    }
}

extension RawPeer {
    /// Reads one message and checks that its fragments follow one another; pings and pongs are passed over.
    func message() throws -> WebSocketMessage {
        var reader = MessageReader()
        while true {
            if let message = try reader.take(receive()) { return message }
        }
    }

    /// Reads as many messages.
    func messages(_ count: Int) throws -> [WebSocketMessage] {
        var messages: [WebSocketMessage] = []
        for _ in 0..<count { messages.append(try message()) }
        return messages
    }

    /// Reads as many text messages.
    func texts(_ count: Int) throws -> [String] {
        try messages(count).map { $0.text ?? "binary" }
    }

    /// Reads messages up to one that fulfills a condition, and leaves that one out.
    func messages(upTo isLast: @Sendable (WebSocketMessage) -> Bool) throws -> [WebSocketMessage] {
        var messages: [WebSocketMessage] = []
        while true {
            let message = try message()
            if isLast(message) { return messages }
            messages.append(message)
        }
    }

    /// Reads messages up to the close frame, which is answered, and checks that nothing follows it.
    func messagesToClose() throws -> (messages: [WebSocketMessage], code: UInt16?) {
        var messages: [WebSocketMessage] = []
        var reader = MessageReader()
        while true {
            let frame = try receive()
            if frame.opcode == .close {
                try? send(frame)
                let rest = try readToEnd()
                guard rest.isEmpty else { throw Unexpected("\(rest.count) bytes follow the close frame") }
                return (messages, frame.closeCode)
            }
            if let message = try reader.take(frame) { messages.append(message) }
        }
    }

    /// Puts fragments together, and refuses what is no message (RFC 6455 section 5.4).
    private struct MessageReader {
        private var kind: RawFrame.Opcode?
        private var bytes: [UInt8] = []

        mutating func take(_ frame: RawFrame) throws -> WebSocketMessage? {
            switch frame.opcode {
            case .ping, .pong: return nil
            case .text where kind == nil, .binary where kind == nil: kind = frame.opcode
            case .continuation where kind != nil: break
            default: throw Unexpected("\(kind == nil ? "between messages" : "within a message"), \(frame)")
            }
            bytes += frame.payload
            guard frame.isFinal else { return nil }
            defer { self = MessageReader() }
            return kind == .text ? .text(String(decoding: bytes, as: UTF8.self)) : .binary(bytes)
        }
    }
}

extension WebSocketMessage {
    /// A message that says which one it is, and is about as long as asked for.
    static func numbered(_ number: Int, bytes: Int = 0) -> WebSocketMessage {
        .binary(Array("\(number) ".utf8) + [UInt8](repeating: 0, count: bytes))
    }

    /// The number of a numbered message.
    var number: Int? { Int(String(decoding: bytes.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)) }
}
