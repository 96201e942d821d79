import Testing

@testable import LWSSwift

@Suite struct DeflaterTests {
    private let inflater = Inflater()

    /// Texts as they are sent, of about this many bytes.
    private static func text(_ count: Int) -> [UInt8] {
        var text = ""
        var number = 1
        while text.utf8.count < count {
            number = number &* 1_103_515_245 &+ 12_345
            text += "{\"type\":\"message\",\"seq\":\(number >> 16 & 0xFFFF),\"text\":\"hello again\"}\n"
        }
        return Array(text.utf8.prefix(count))
    }

    private func deflate(_ deflater: Deflater, _ message: [UInt8], level: Int = 1) -> [UInt8]? {
        unsafe message.withUnsafeBytes { unsafe deflater.deflate($0, level: level).map { unsafe Array($0) } }
    }

    private func inflate(_ payload: [UInt8]) throws -> [UInt8] {
        try unsafe payload.withUnsafeBytes { unsafe try inflater.inflate($0, maximumBytes: 10 << 20) }
    }

    @Test(arguments: 9...15, [1, 6, 9])
    func `a message comes back from every window and level, whatever was compressed before it`(
        windowBits: Int,
        level: Int
    ) throws {
        let deflater = Deflater(windowBits: windowBits)
        for count in [300, 1_024, 300, 70_000, 2_000_000, 300] {
            let message = Self.text(count)
            let payload = try #require(deflate(deflater, message, level: level))
            #expect(payload.count < count)
            #expect(try inflate(payload) == message)
        }
    }

    @Test func `each message stands for itself`() throws {
        let deflater = Deflater(windowBits: 15)
        let message = Self.text(1_000)
        let first = try #require(deflate(deflater, message))
        #expect(deflate(deflater, message) == first)
        // Also with another level in between.
        #expect(deflate(deflater, message, level: 9) != nil)
        #expect(deflate(deflater, message) == first)
    }

    @Test func `what does not get shorter is not compressed, and the next message is`() throws {
        let deflater = Deflater(windowBits: 15)
        var generator = SystemRandomNumberGenerator()
        for count in [0, 1, 10, 1_000, 100_000] {
            let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(deflate(deflater, noise) == nil)
        }
        #expect(try inflate(try #require(deflate(deflater, Self.text(500)))) == Self.text(500))
    }

    /// A repetition further back than the window must not be referred to.
    @Test(arguments: 9...14)
    func `no reference goes beyond the window`(windowBits: Int) throws {
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<(1 << windowBits)).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let message = noise + noise
        #expect(deflate(Deflater(windowBits: windowBits), message) == nil)
        let larger = try #require(deflate(Deflater(windowBits: windowBits + 1), message))
        #expect(larger.count < message.count * 6 / 10)
    }

    @Test func `there is one deflater for each window, and none for what zlib lacks`() {
        var table = DeflaterTable()
        let deflaters = [15, 15, 9, 8].map { table.deflater(windowBits: $0) }
        #expect(deflaters[0] != nil && deflaters[0] === deflaters[1])
        #expect(deflaters[2] != nil && deflaters[2] !== deflaters[0])
        #expect(deflaters[3] == nil)
    }
}
