import Testing

@testable import LWSSwift

@Suite struct InflaterTests {
    private let inflater = Inflater()

    private func inflate(_ payload: [UInt8], maximumBytes: Int = 1_000) throws(Inflater.Failure) -> [UInt8] {
        let result = unsafe payload.withUnsafeBytes { payload in
            Result { () throws(Inflater.Failure) in unsafe try inflater.inflate(payload, maximumBytes: maximumBytes) }
        }
        return try result.get()
    }

    private static let hello = Array("Hello".utf8)

    /// The examples of RFC 7692 section 7.2.3, and more forms that are allowed.
    static let valid: [(String, [UInt8], [UInt8])] = [
        ("one block", [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], hello),
        ("stored", [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00], hello),
        ("a final block", [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00], hello),
        ("a final block and nothing behind it", [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], hello),
        ("two blocks", [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00], hello),
        (
            "two final blocks",
            [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00],
            hello + hello
        ),
        ("empty", [0x00], []),
        ("empty, with a fixed code", [0x02, 0x00], []),
        ("empty, of final blocks", [0x03, 0x00, 0x03, 0x00, 0x00], []),
        ("nothing at all", [], []),
    ]

    @Test(arguments: valid)
    func `a payload gives its message`(name: String, payload: [UInt8], message: [UInt8]) throws {
        #expect(try inflate(payload) == message, "\(name)")
        // Nothing is left over from one message to the next.
        #expect(try inflate(payload) == message, "\(name)")
    }

    static let malformed: [(String, [UInt8])] = [
        ("a block type that does not exist", [0x06]),
        ("a length that its complement does not confirm", [0x00, 0x05, 0x00, 0x00, 0x00, 0x48]),
        ("a stored block that is cut off", [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65]),
        ("a block that is cut off", [0xF2, 0x48, 0xCD]),
        ("what was not flushed", [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07]),
        ("a reference to an earlier message", [0xF2, 0x00, 0x11, 0x00, 0x00]),
        ("text", Array("Hello, this is no DEFLATE data".utf8)),
    ]

    @Test(arguments: malformed)
    func `what is no DEFLATE data, or not all of it, is malformed`(name: String, payload: [UInt8]) throws {
        #expect(throws: Inflater.Failure.malformed, "\(name)") { try inflate(payload) }
        #expect(try inflate(Self.valid[0].1) == Self.hello)
    }

    @Test(arguments: [0, 1, 8_191, 8_192, 8_193, 16_384, 100_000])
    func `a message of the limit is taken, one byte more is not`(count: Int) throws {
        let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3 ^ $0 >> 8) }
        let payload = try deflate(message + [1])
        #expect(try inflate(payload, maximumBytes: count + 1) == message + [1])
        #expect(throws: Inflater.Failure.tooBig) { try inflate(payload, maximumBytes: count) }
    }

    @Test func `a bomb is given up at the limit`() throws {
        // A gigabyte, a thousand times smaller: zeros, compressed, and the same block again and again.
        let block = try deflate([UInt8](repeating: 0, count: 1 << 20)) + [0x00, 0x00, 0xFF, 0xFF]
        let bomb = [[UInt8]](repeating: block, count: 1_024).flatMap { $0 }
        let clock = ContinuousClock()
        let limited = clock.measure { #expect(throws: Inflater.Failure.tooBig) { try inflate(bomb) } }
        let whole = clock.measure {
            #expect(throws: Inflater.Failure.tooBig) { try inflate(bomb, maximumBytes: 64 << 20) }
        }
        #expect(limited < whole)
    }

    @Test func `any bytes end in a message or an error`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...64, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            do throws(Inflater.Failure) {
                let count = try inflate(bytes).count
                #expect(count <= 1_000)
            } catch {
                continue
            }
        }
        #expect(throws: Never.self) { try inflate(Self.valid[0].1) }
    }
}

/// The payload of the compressed message, whether shorter or not.
func deflate(_ message: [UInt8], windowBits: Int = 15, level: Int = 6) throws -> [UInt8] {
    let deflater = Deflater(windowBits: windowBits)
    let compressed = unsafe message.withUnsafeBytes { message in
        unsafe deflater.deflate(message, level: level).map { unsafe Array($0) }
    }
    if let compressed { return compressed }
    // As stored blocks, which anything can be sent as.
    var payload: [UInt8] = []
    for start in stride(from: 0, to: message.count, by: 65_535) {
        let block = message[start...].prefix(65_535)
        let (low, high) = (UInt8(truncatingIfNeeded: block.count), UInt8(truncatingIfNeeded: block.count >> 8))
        payload += [0x00, low, high, ~low, ~high] + block
    }
    return payload + [0x00]
}
