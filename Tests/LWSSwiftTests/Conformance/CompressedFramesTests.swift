import LWSSwift
import TestSupport
import Testing

/// RFC 7692 sections 6 and 7.2: compressed messages as they stand on the wire. Each row holds in both roles.
@Suite(.timeLimit(.minutes(2))) struct CompressedFramesTests {
    static let roles: [WebSocketRole] = [.server, .client]

    /// "Hello" of section 7.2.3.1.
    private static let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]

    private static func compressed(
        _ payload: [UInt8],
        _ opcode: RawFrame.Opcode = .text,
        isFinal: Bool = true
    ) -> RawFrame {
        RawFrame(opcode, isFinal: isFinal, reserved: 4, payload)
    }

    static let messages: [Exchange] = [
        Exchange("one frame", [compressed(hello)], .answers([.text("Hello")])),
        Exchange("binary", [compressed(hello, .binary)], .answers([RawFrame(.binary, Array("Hello".utf8))])),
        Exchange(
            "two fragments",
            [compressed(Array(hello[..<3]), isFinal: false), RawFrame(.continuation, Array(hello[3...]))],
            .answers([.text("Hello")])
        ),
        Exchange(
            "a fragment for each byte",
            [compressed([hello[0]], isFinal: false)]
                + hello[1...].map { RawFrame(.continuation, isFinal: false, [$0]) } + [.continuation("")],
            .answers([.text("Hello")])
        ),
        Exchange(
            "empty fragments first",
            [
                compressed([], isFinal: false), .continuation("", isFinal: false),
                RawFrame(.continuation, hello),
            ],
            .answers([.text("Hello")])
        ),
        Exchange(
            "a ping between fragments",
            [
                compressed(Array(hello[..<3]), isFinal: false), RawFrame(.ping, [7]),
                RawFrame(.continuation, Array(hello[3...])),
            ],
            .answers([RawFrame(.pong, [7]), .text("Hello")])
        ),
        Exchange(
            "stored, with a final block, and in two blocks",
            [
                compressed([0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]),
                compressed([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]),
                compressed([0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00]),
            ],
            .answers([.text("Hello"), .text("Hello"), .text("Hello")])
        ),
        Exchange(
            "empty messages",
            [compressed([0x00]), compressed([0x02, 0x00]), compressed([])],
            .answers([.text(""), .text(""), .text("")])
        ),
        Exchange(
            "plain messages among compressed ones",
            [.text("a"), compressed(hello), .text("b", isFinal: false), .continuation("c"), compressed(hello)],
            .answers([.text("a"), .text("Hello"), .text("bc"), .text("Hello")])
        ),
    ]

    @Test(arguments: messages, roles)
    func `compressed messages come back`(exchange: Exchange, role: WebSocketRole) async throws {
        try await exchange.check(role, isCompressed: true)
    }

    static let broken: [Exchange] = [
        Exchange(
            "RSV1 on a continuation",
            [compressed(Array(hello[..<3]), isFinal: false), compressed(Array(hello[3...]), .continuation)],
            .closes(1002)
        ),
        Exchange(
            "RSV1 on the continuation of a plain message",
            [.text("a", isFinal: false), compressed(hello, .continuation)],
            .closes(1002)
        ),
        Exchange("RSV1 on a pong", [compressed([1], .pong)], .closes(1002)),
        Exchange("RSV1 on a close", [compressed([0x03, 0xE8], .close)], .closes(1002)),
        Exchange("no DEFLATE data", [compressed([0x06])], .closes(1007)),
        Exchange("a message that is cut off", [compressed(Array(hello[..<4]))], .closes(1007)),
        Exchange(
            "a reference to the message before",
            [compressed(hello), compressed([0xF2, 0x00, 0x11, 0x00, 0x00])],
            .closes(1007, after: [.text("Hello")])
        ),
        Exchange("text that is not UTF-8", [compressed([0x00, 0x01, 0x00, 0xFE, 0xFF, 0xFF, 0x00])], .closes(1007)),
    ]

    @Test(arguments: broken, roles)
    func `what breaks the rules ends the connection`(exchange: Exchange, role: WebSocketRole) async throws {
        try await exchange.check(role, isCompressed: true)
    }

    static let reserved: [Exchange] = [1, 2, 3, 5, 6, 7].map { bits in
        Exchange("reserved bits \(bits)", [RawFrame(.text, reserved: bits, [65])], .fails())
    }

    @Test(arguments: reserved, roles)
    func `bits that nobody defined fail the connection`(exchange: Exchange, role: WebSocketRole) async throws {
        try await exchange.check(role, isCompressed: true)
    }

    /// A stored block, whose 6 bytes around it make the payload longer than the message.
    private static let thousand = compressed(
        [0x00, 0xE8, 0x03, 0x17, 0xFC] + [UInt8](repeating: 65, count: 1_000) + [0x00],
        .binary
    )

    @Test(arguments: roles)
    func `the limit counts inflated bytes, and a message that gets longer by being compressed is taken`(
        role: WebSocketRole
    ) async throws {
        var limits = ConnectionLimits.patient
        limits.maximumMessageBytes = 1_000
        try await withEcho(role, limits, isCompressed: true) { connect in
            let peer = try await connect()
            try await peer.send(Self.thousand)
            let echo = try await peer.receive()
            #expect(echo.reserved == 4 && echo.payload.count < 100)
        }
        limits.maximumMessageBytes = 999
        try await Exchange("one byte too many", [Self.thousand], .closes(1009)).check(role, limits, isCompressed: true)
    }
}
