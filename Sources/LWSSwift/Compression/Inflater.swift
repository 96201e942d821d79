internal import CZlib

/// Inflates compressed messages (RFC 7692 section 7.2.2), each as a whole and under a limit.
///
/// One serves all connections of a loop whose peers' messages stand for themselves, so that nothing of a connection stays
/// here. A peer whose messages refer back to earlier ones needs one that keeps the context, for its connection alone, and
/// that is given all its messages in order; after a failure such a one is of no use any more. The memory of either is
/// zlib's, 7 KiB and a window of 32 KiB, and a buffer of 8 KiB.
@safe
final class Inflater {
    enum Failure: Error, Equatable {
        /// The message exceeds the limit.
        case tooBig
        /// The bytes are no DEFLATE data, or end within a block.
        case malformed
    }

    private let keepsContext: Bool
    /// At a fixed address, which zlib checks.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 8_192, alignment: 1)

    /// The empty block that the sender has cut off its message's end.
    private let tail = {
        let tail = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
        unsafe tail.copyBytes(from: [0x00, 0x00, 0xFF, 0xFF])
        return unsafe tail
    }()

    init(keepsContext: Bool = false) {
        self.keepsContext = keepsContext
        unsafe stream.initialize(to: z_stream())
        // A negative size means a window without a header. 15 bits take what any peer may send.
        let size = Int32(unsafe MemoryLayout<z_stream>.size)
        let result = unsafe inflateInit2_(stream, -15, ZLIB_VERSION, size)
        precondition(result == Z_OK, "zlib cannot be used: error \(result).")
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
        unsafe chunk.deallocate()
        unsafe tail.deallocate()
    }

    /// The message whose payload this is. Takes no more memory and time than a message of the limit needs, however much
    /// the payload would grow to.
    func inflate(_ payload: UnsafeRawBufferPointer, maximumBytes: Int) throws(Failure) -> [UInt8] {
        var message: [UInt8] = []
        // What an empty message should not be sent as, but is.
        guard payload.count > 0 else { return message }
        if !keepsContext { unsafe inflateReset(stream) }
        // With a final block at its end the payload is complete; some do not add the empty block then (7.2.3.4).
        if unsafe try feed(payload, maximumBytes, &message) == Z_STREAM_END { return message }
        _ = unsafe try feed(UnsafeRawBufferPointer(tail), maximumBytes, &message)
        // Bit 7: between two blocks; bits 0 to 5: bits of the last byte that were not used (zlib.h, inflate).
        guard unsafe stream.pointee.data_type & 0xBF == 0x80 else { throw .malformed }
        return message
    }

    /// Inflates these bytes to their end, and gives the last result of zlib.
    private func feed(
        _ bytes: UnsafeRawBufferPointer,
        _ maximumBytes: Int,
        _ message: inout [UInt8]
    ) throws(Failure) -> Int32 {
        unsafe stream.pointee.next_in = bytes.zlibBytes
        unsafe stream.pointee.avail_in = UInt32(bytes.count)
        while true {
            // One byte more than is allowed tells whether there is one.
            let room = unsafe min(chunk.count - 1, maximumBytes - message.count) + 1
            unsafe stream.pointee.next_out = chunk.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe stream.pointee.avail_out = UInt32(room)
            // Z_BLOCK: stops after each block, so that it is seen where the last one ends.
            let result = unsafe CZlib.inflate(stream, Z_BLOCK)
            let produced = unsafe room - Int(stream.pointee.avail_out)
            unsafe message.append(contentsOf: chunk[..<produced])
            guard message.count <= maximumBytes else { throw .tooBig }
            guard [Z_OK, Z_BUF_ERROR, Z_STREAM_END].contains(result) else { throw .malformed }
            // Behind the last bits of a final block (bits 6 and 7) there is still the end of the stream to come.
            let isStreamEnding = unsafe result == Z_OK && stream.pointee.data_type & 0xC0 == 0xC0
            let isAtEnd = unsafe stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0
            // More blocks may follow the final one of a stream.
            if result == Z_STREAM_END { beginStream() }
            if isAtEnd, !isStreamEnding { return result }
        }
    }

    /// Goes on behind a final block, whose end the window outlives where the context is kept (7.2.3.4).
    private func beginStream() {
        guard keepsContext else {
            unsafe inflateReset(stream)
            return
        }
        let window = UnsafeMutablePointer<UInt8>.allocate(capacity: 32_768)
        defer { unsafe window.deallocate() }
        var count: UInt32 = 0
        unsafe inflateGetDictionary(stream, window, &count)
        unsafe inflateReset(stream)
        unsafe inflateSetDictionary(stream, window, count)
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes as zlib wants its input, which it does not change.
    var zlibBytes: UnsafeMutablePointer<UInt8>? {
        unsafe UnsafeMutablePointer(mutating: baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
}
