import LWSSwift
import TestSupport
import Testing

/// RFC 6455 section 5: frames, fragments and control frames; section 8.1: UTF-8. Each row holds in both roles.
@Suite(.timeLimit(.minutes(2))) struct FramingTests {
    static let roles: [WebSocketRole] = [.server, .client]

    // MARK: Base framing (5.2)

    static let lengths: [Exchange] = [0, 1, 125, 126, 127, 128, 65_535, 65_536].flatMap { count in
        let payload = [UInt8](repeating: UInt8(ascii: "*"), count: count)
        // A message larger than one write comes back in fragments: see `a large message …`.
        return [RawFrame.Opcode.text, .binary].filter { _ in count < 65_000 }.map { opcode in
            Exchange("\(opcode) of \(count) bytes", [RawFrame(opcode, payload)], .answers([RawFrame(opcode, payload)]))
        }
    }

    @Test(arguments: lengths, roles)
    func `messages of every form of length come back`(exchange: Exchange, role: WebSocketRole) async throws {
        try await exchange.check(role)
    }

    @Test(arguments: [65_535, 65_536, 200_000], roles)
    func `a large message comes back whole, in fragments that begin with its opcode`(
        count: Int,
        role: WebSocketRole
    ) async throws {
        try await withEcho(role) { connect in
            let peer = try await connect()
            let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
            try await peer.send(RawFrame(.binary, payload))
            var received: [UInt8] = []
            var isFinal = false
            while !isFinal {
                let frame = try await peer.receive()
                #expect(frame.opcode == (received.isEmpty ? .binary : .continuation))
                received += frame.payload
                isFinal = frame.isFinal
            }
            #expect(received == payload)
        }
    }

    static let reserved: [Exchange] =
        (1...7).map { bits in
            Exchange("reserved bits \(bits)", [RawFrame(.text, reserved: UInt8(bits), [65])], .fails())
        }
        + [
            RawFrame.Opcode.reserved3, .reserved4, .reserved5, .reserved6, .reserved7, .reservedB, .reservedC,
            .reservedD, .reservedE, .reservedF,
        ].map { opcode in
            Exchange("opcode \(opcode.rawValue)", [RawFrame(opcode)], .fails())
        }

    @Test(arguments: reserved, roles)
    func `reserved bits and opcodes fail the connection`(exchange: Exchange, role: WebSocketRole) async throws {
        try await exchange.check(role)
    }

    // MARK: Fragments (5.4)

    static let fragments: [Exchange] = [
        Exchange(
            "three fragments",
            [.text("a", isFinal: false), .continuation("b", isFinal: false), .continuation("c")],
            .answers([.text("abc")])
        ),
        Exchange(
            "empty fragments",
            [.text("", isFinal: false), .continuation("", isFinal: false), .continuation("")],
            .answers([.text("")])
        ),
        Exchange(
            "empty fragments around a full one",
            [.text("", isFinal: false), .continuation("middle", isFinal: false), .continuation("")],
            .answers([.text("middle")])
        ),
        Exchange(
            "a hundred fragments of a byte",
            [.text("0", isFinal: false)] + (1..<99).map { _ in .continuation("x", isFinal: false) }
                + [.continuation("1")],
            .answers([.text("0" + String(repeating: "x", count: 98) + "1")])
        ),
        Exchange(
            "a ping between fragments",
            [.text("a", isFinal: false), RawFrame(.ping, [7]), .continuation("b")],
            .answers([RawFrame(.pong, [7]), .text("ab")])
        ),
        Exchange(
            "a pong between fragments",
            [.text("a", isFinal: false), RawFrame(.pong, [7]), .continuation("b")],
            .answers([.text("ab")])
        ),
        Exchange(
            "two messages in fragments",
            [
                .text("a", isFinal: false), .continuation("b"), RawFrame(.binary, isFinal: false, [1]),
                RawFrame(.continuation, [2]),
            ],
            .answers([.text("ab"), RawFrame(.binary, [1, 2])])
        ),
        Exchange(
            "a close between fragments",
            [.text("a", isFinal: false), .close(1000), .continuation("b")],
            .closes(1000)
        ),
        Exchange("a continuation of nothing", [.continuation("x")], .fails()),
        Exchange("a continuation of nothing, not final", [.continuation("x", isFinal: false)], .fails()),
        Exchange(
            "a continuation of a message that is complete",
            [.text("a"), .continuation("b")],
            .fails(after: [.text("a")])
        ),
        Exchange(
            "a message within a message",
            [.text("a", isFinal: false), .text("b")],
            .fails()
        ),
    ]

    @Test(arguments: fragments, roles)
    func `fragments are put together, and only in order`(exchange: Exchange, role: WebSocketRole) async throws {
        try await exchange.check(role)
    }

    // MARK: Control frames (5.5)

    static let control: [Exchange] = [
        Exchange("an empty ping", [RawFrame(.ping)], .answers([RawFrame(.pong)])),
        Exchange(
            "a ping of 125 bytes",
            [RawFrame(.ping, [UInt8](1...125))],
            .answers([RawFrame(.pong, [UInt8](1...125))])
        ),
        Exchange("a ping of 126 bytes", [RawFrame(.ping, [UInt8](1...126))], .fails(silently: true)),
        Exchange("a ping in fragments", [RawFrame(.ping, isFinal: false, [1])], .fails()),
        Exchange("a pong that nobody asked for", [RawFrame(.pong, [1, 2, 3])], .answers([])),
        Exchange("a pong of 126 bytes", [RawFrame(.pong, [UInt8](1...126))], .fails(silently: true)),
        Exchange("a pong in fragments", [RawFrame(.pong, isFinal: false)], .fails()),
        Exchange(
            "a close of 126 bytes",
            [RawFrame(.close, [3, 232] + [UInt8](repeating: 65, count: 124))],
            .fails(silently: true)
        ),
        Exchange("a close in fragments", [RawFrame(.close, isFinal: false, [3, 232])], .fails()),
    ]

    @Test(arguments: control, roles)
    func `control frames are answered, and are short and whole`(exchange: Exchange, role: WebSocketRole) async throws {
        try await exchange.check(role)
    }

    // MARK: Limits (7.4.1, 10.4)

    static let tooBig: [Exchange] = [
        Exchange("one frame", [RawFrame(.binary, [UInt8](repeating: 1, count: 1_001))], .closes(1009)),
        Exchange(
            "fragments",
            (0..<11).map {
                RawFrame($0 == 0 ? .text : .continuation, isFinal: false, [UInt8](repeating: 65, count: 100))
            },
            .closes(1009)
        ),
    ]

    @Test(arguments: tooBig, roles)
    func `a message beyond the limit ends with 1009`(exchange: Exchange, role: WebSocketRole) async throws {
        var limits = ConnectionLimits.patient
        limits.maximumMessageBytes = 1_000
        try await exchange.check(role, limits)
    }

    @Test func `a frame that only announces too much ends with 1009`() async throws {
        var limits = ConnectionLimits.patient
        limits.maximumMessageBytes = 1_000
        // The answer to the close frame would be taken for a part of the frame.
        limits.closeTimeout = .milliseconds(100)
        let exchange = Exchange("announced", [RawFrame(.binary, [1])], .closes(1009), announcing: 1 << 40)
        try await exchange.check(.server, limits)
    }

    @Test(arguments: roles)
    func `a length that does not exist ends the connection`(role: WebSocketRole) async throws {
        try await withEcho(role) { connect in
            let peer = try await connect()
            try await peer.write(RawFrame(.binary, [1]).encoded(masked: peer.masks, announcing: 1 << 63))
            let rest = try await peer.readToEnd()
            #expect(rest.isEmpty || rest[0] == 0x88)
        }
    }

    // MARK: UTF-8 (8.1)

    static let valid = [
        "κόσμε", "\u{0}", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
    ]

    @Test(arguments: valid, roles)
    func `text of every length of character comes back, however it is cut`(
        text: String,
        role: WebSocketRole
    ) async throws {
        let bytes = Array(text.utf8)
        let pieces = bytes.enumerated().map { index, byte in
            RawFrame(index == 0 ? .text : .continuation, isFinal: index == bytes.count - 1, [byte])
        }
        try await Exchange(text, [.text(text)] + pieces, .answers([.text(text), .text(text)])).check(role)
    }

    static let invalid: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0xAF], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF],
        [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0xAF],
        [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE],
        [0xFF],
    ]

    @Test(arguments: invalid, roles)
    func `text that is not UTF-8 ends with 1007, in one frame or in fragments`(
        bytes: [UInt8],
        role: WebSocketRole
    ) async throws {
        try await Exchange("whole", [RawFrame(.text, bytes)], .closes(1007)).check(role)
        let pieces = [.text("good", isFinal: false)] + bytes.map { RawFrame(.continuation, isFinal: false, [$0]) }
        try await Exchange("fragments", pieces + [.continuation("")], .closes(1007)).check(role)
        // Bytes are bytes.
        try await Exchange("binary", [RawFrame(.binary, bytes)], .answers([RawFrame(.binary, bytes)])).check(role)
    }
}
