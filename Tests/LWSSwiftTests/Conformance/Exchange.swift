import LWSSwift
import TestSupport
import Testing

/// What a raw peer sends to an echo, and what RFC 6455 says must come back: one row of the tables in this folder.
struct Exchange: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable {
        /// Exactly these frames come back, and the connection stays open.
        case answers([RawFrame])
        /// These frames come back, then a close frame with this code, and the end of the stream.
        case closes(UInt16, after: [RawFrame] = [])
        /// As `closes(1002)`, by lws. Its client drops the connection without the close frame that it should send (7.1.7),
        /// and so does its server when the failure is a control frame that is too long.
        case fails(after: [RawFrame] = [], silently: Bool = false)
    }

    let name: String
    let frames: [RawFrame]
    let outcome: Outcome
    /// A length that the last frame announces in place of its own.
    let announcing: UInt64?

    init(_ name: String, _ frames: [RawFrame], _ outcome: Outcome, announcing: UInt64? = nil) {
        self.name = name
        self.frames = frames
        self.outcome = outcome
        self.announcing = announcing
    }

    var testDescription: String { name }

    /// How the bytes arrive, which must make no difference.
    enum Arrival: CaseIterable {
        case atOnce, byteByByte
    }

    /// Sends the frames to an echo in the given role, and checks what comes back.
    func check(
        _ role: WebSocketRole,
        _ limits: ConnectionLimits = .patient,
        isCompressed: Bool = false,
        location: SourceLocation = #_sourceLocation
    ) async throws {
        try await withEcho(role, limits, isCompressed: isCompressed) { connect in
            for arrival in Arrival.allCases {
                let peer = try await connect()
                try await send(to: peer, arrival)
                switch outcome {
                case .answers(let expected):
                    for frame in expected { #expect(try await peer.receive() == frame, sourceLocation: location) }
                    // Nothing else came: the next frame is the answer to this one.
                    try await peer.send(RawFrame(.ping, [42]))
                    #expect(try await peer.receive() == RawFrame(.pong, [42]), sourceLocation: location)
                    try await peer.close()
                case .closes(let code, let expected):
                    try await checkEnd(of: peer, arrival, expected, code, location)
                case .fails(let expected, let silently):
                    let code: UInt16? = silently || role == .client ? nil : 1002
                    try await checkEnd(of: peer, arrival, expected, code, location)
                }
            }
        }
    }

    /// Bytes that arrive after the end reset the connection, and a reset may overtake what was sent before it; and who
    /// drops a connection drops what it has not sent yet. So the frames must all be there only if nothing arrived late and
    /// a close frame was sent.
    private func checkEnd(
        of peer: RawPeer,
        _ arrival: Arrival,
        _ expected: [RawFrame],
        _ code: UInt16?,
        _ location: SourceLocation
    ) async throws {
        let frames = try await peer.receiveToEnd()
        let messages = frames.filter { $0.opcode != .close }
        if arrival == .atOnce, let code {
            #expect(messages == expected, sourceLocation: location)
            #expect(frames.last?.closeCode == code, "\(frames)", sourceLocation: location)
        } else {
            let isBeginning = expected.starts(with: messages)
            #expect(isBeginning, "\(frames)", sourceLocation: location)
        }
        #expect(frames.allSatisfy { $0.opcode != .close || $0.closeCode == code ?? 1002 }, sourceLocation: location)
    }

    private func send(to peer: RawPeer, _ arrival: Arrival) async throws {
        let masked = peer.masks
        var bytes = frames.dropLast().flatMap { $0.encoded(masked: masked) }
        if let last = frames.last { bytes += last.encoded(masked: masked, announcing: announcing) }
        switch arrival {
        case .atOnce: try await peer.write(bytes)
        // The long ones would take minutes; what matters is how their headers are cut.
        case .byteByByte: await peer.writeEachByte(of: bytes.prefix(64), then: bytes.dropFirst(64))
        }
    }
}

/// Runs `body` with a way to connect raw peers to an echo in the given role; with compression agreed on, if asked for.
func withEcho(
    _ role: WebSocketRole,
    _ limits: ConnectionLimits = .patient,
    isCompressed: Bool = false,
    _ body: (_ connect: () async throws -> RawPeer) async throws -> Void
) async throws {
    let deflate = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"
    let fields = isCompressed ? [deflate] : []
    switch role {
    case .server:
        try await withServer {
            $0.limits = limits
        } _: { server in
            try await body { try await RawPeer.upgraded(port: server.port!, fields: fields) }
        }
    case .client:
        let listener = try RawListener()
        var configuration = WebSocketClient.Configuration.patient
        configuration.limits = limits
        try await withLoop { loop in
            try await body {
                async let peer = listener.acceptUpgraded(fields: fields)
                _ = try await WebSocketClient.connect(to: listener.url, configuration, on: loop, onConnection: echo)
                return try await peer
            }
        }
    }
}
