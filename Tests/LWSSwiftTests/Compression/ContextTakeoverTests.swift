import CZlib
import Testing

@testable import LWSSwift

/// A server's messages that refer back to earlier ones (RFC 7692 section 7.2.3.2), as a client meets them.
@Suite struct ContextTakeoverTests {
    /// A server's compressor, which keeps its window from one message to the next.
    @safe
    private final class Compressor {
        private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

        init() {
            unsafe stream.initialize(to: z_stream())
            let size = Int32(unsafe MemoryLayout<z_stream>.size)
            unsafe deflateInit2_(stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        }

        deinit {
            unsafe deflateEnd(stream)
            unsafe stream.deallocate()
        }

        /// The payload of a message.
        func deflate(_ message: [UInt8]) -> [UInt8] {
            var message = message
            var payload = [UInt8](repeating: 0, count: message.count + 1_000)
            unsafe message.withUnsafeMutableBufferPointer { message in
                unsafe payload.withUnsafeMutableBufferPointer { payload in
                    unsafe stream.pointee.next_in = message.baseAddress
                    unsafe stream.pointee.avail_in = UInt32(message.count)
                    unsafe stream.pointee.next_out = payload.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(payload.count)
                    unsafe CZlib.deflate(stream, Z_SYNC_FLUSH)
                }
            }
            let produced = unsafe payload.count - Int(stream.pointee.avail_out)
            // Without input there is nothing to flush: an empty block stands for an empty message (7.2.3.6).
            return produced == 0 ? [0x00] : Array(payload.prefix(produced - 4))
        }
    }

    private func inflate(_ inflater: Inflater, _ payload: [UInt8], _ maximumBytes: Int = 1 << 20) throws -> [UInt8] {
        try unsafe payload.withUnsafeBytes { unsafe try inflater.inflate($0, maximumBytes: maximumBytes) }
    }

    /// Bytes without repetitions, so that only an earlier message explains a short payload.
    private static func noise(_ count: Int) -> [UInt8] {
        var generator = SplitMix(state: 1)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test func `messages refer back to all that came before within the window`() throws {
        let compressor = Compressor()
        let inflater = Inflater(keepsContext: true)
        let message = Self.noise(1_000)
        #expect(try inflate(inflater, compressor.deflate(message)) == message)
        for count in [1, 0, 31_000, 5, 70_000] {
            let other = [UInt8](repeating: 7, count: count)
            #expect(try inflate(inflater, compressor.deflate(other)) == other)
            let payload = compressor.deflate(message)
            #expect(try inflate(inflater, payload) == message)
            if count < 31_000 { #expect(payload.count < 50) }
        }
    }

    @Test func `an inflater without context does not have what such a message refers to`() throws {
        let compressor = Compressor()
        let inflater = Inflater()
        let message = Self.noise(1_000)
        #expect(try inflate(inflater, compressor.deflate(message)) == message)
        #expect(throws: Inflater.Failure.malformed) { try inflate(inflater, compressor.deflate(message)) }
    }

    @Test func `the window outlives the end of a stream`() throws {
        let inflater = Inflater(keepsContext: true)
        // "Hello" in a final block (RFC 7692 section 7.2.3.4), and a reference to it (section 7.2.3.2).
        let hello = Array("Hello".utf8)
        #expect(try inflate(inflater, [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]) == hello)
        #expect(try inflate(inflater, [0xF2, 0x00, 0x11, 0x00, 0x00]) == hello)
        #expect(try inflate(inflater, [0xF3, 0x00, 0x11, 0x00, 0x00]) == hello)
        #expect(try inflate(inflater, [0xF2, 0x00, 0x11, 0x00, 0x00]) == hello)
    }

    @Test func `the limit holds for a message that refers back`() throws {
        let compressor = Compressor()
        let inflater = Inflater(keepsContext: true)
        let message = Self.noise(1_000)
        #expect(try inflate(inflater, compressor.deflate(message), 1_000) == message)
        #expect(throws: Inflater.Failure.tooBig) { try inflate(inflater, compressor.deflate(message), 999) }
    }
}
