/// What a ``WebSocketServer`` has taken in and let go since it began, on all of its loops: plain numbers that each loop counts.
public struct ServerFigures: Sendable, Hashable {
    /// How a WebSocket connection has ended.
    public struct Closing: Sendable, Hashable {
        /// nil for one that a peer has chosen, and RFC 6455 does not know: of those there may be any number.
        public let code: WebSocketCloseCode?
        public let initiator: WebSocketClose.Initiator
    }

    /// Sockets that were taken.
    public internal(set) var accepted = 0
    /// WebSocket connections that have opened.
    public internal(set) var connections = 0
    /// Event streams that have opened.
    public internal(set) var eventStreams = 0
    /// How often connections have ended in each way.
    public internal(set) var closings: [Closing: Int] = [:]
    /// How often event streams have ended in each way.
    public internal(set) var eventStreamEnds: [EventStreamConnection.End: Int] = [:]
    /// Answers to requests, by the first digit of their status; an opening handshake that is accepted has none.
    public internal(set) var responses: [Int: Int] = [:]

    public init() {}

    /// Those of several loops, or servers, together.
    public static func + (left: ServerFigures, right: ServerFigures) -> ServerFigures {
        var sum = left
        sum.accepted += right.accepted
        sum.connections += right.connections
        sum.eventStreams += right.eventStreams
        sum.closings.merge(right.closings, uniquingKeysWith: +)
        sum.eventStreamEnds.merge(right.eventStreamEnds, uniquingKeysWith: +)
        sum.responses.merge(right.responses, uniquingKeysWith: +)
        return sum
    }
}

extension ServerFigures.Closing {
    init(_ close: WebSocketClose) {
        initiator = close.initiator
        let isBounded = close.initiator != .peer || close.code.rawValue < 1_016
        code = isBounded ? close.code : nil
    }
}

extension WebSocketServer {
    /// What it has done so far, each loop as it is when it is asked; what a loop has counted that has ended is missing.
    public func figures() async -> ServerFigures {
        var sum = ServerFigures()
        for core in cores {
            if let figures = try? await core.loop.run({ core.figures }) { sum = sum + figures }
        }
        return sum
    }
}
