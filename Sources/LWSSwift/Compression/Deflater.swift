internal import CZlib

/// Compresses messages (RFC 7692 section 7.2.1), each for itself: it never refers back to an earlier one, so that its
/// compressed form can go to every peer that takes a window of this size.
///
/// One for each size of window serves all connections of a loop. Its memory is zlib's, 150 KiB for the largest window,
/// and a buffer as large as the largest message of late.
@safe
final class Deflater {
    /// The windows that zlib can compress for, as exponents of 2; peers may ask for 8, which it can not.
    static let windowBits = 9...15

    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var output = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 1)
    private var level: Int32 = 1

    /// A larger buffer is given back with the next message.
    private static let maximumKeptBytes = 65_536
    /// The empty block that a flush ends with and that is not sent.
    private static let tailBytes = 4

    init(windowBits: Int) {
        precondition(Self.windowBits.contains(windowBits), "zlib has no window of \(windowBits) bits.")
        unsafe stream.initialize(to: z_stream())
        // A negative size means a window without a header. Tables of level 5 compress as well as those of zlib's default, 8,
        // which take 110 KiB more and have to be cleared for each message.
        let size = Int32(unsafe MemoryLayout<z_stream>.size)
        let result = unsafe deflateInit2_(
            stream,
            level,
            Z_DEFLATED,
            -Int32(windowBits),
            5,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            size
        )
        precondition(result == Z_OK, "zlib cannot be used: error \(result).")
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
        unsafe output.deallocate()
    }

    /// The payload of the compressed message, to be sent with RSV1 set; nil when it is not shorter.
    ///
    /// - Returns: bytes in this object's buffer, which the next call writes over.
    func deflate(_ message: UnsafeRawBufferPointer, level: Int) -> UnsafeRawBufferPointer? {
        guard let count = UInt32(exactly: message.count) else { return nil }
        reserve(message.count + Self.tailBytes)
        unsafe deflateReset(stream)
        unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = UInt32(clamping: message.count + Self.tailBytes)
        if level != self.level {
            self.level = Int32(level)
            unsafe deflateParams(stream, self.level, Z_DEFAULT_STRATEGY)
        }
        unsafe stream.pointee.next_in = message.zlibBytes
        unsafe stream.pointee.avail_in = count
        unsafe CZlib.deflate(stream, Z_SYNC_FLUSH)
        // A flush is complete when there is room left; there is room for less than the message and its tail.
        guard unsafe stream.pointee.avail_out > 0 else { return nil }
        let produced = unsafe Int(stream.pointee.total_out) - Self.tailBytes
        return unsafe UnsafeRawBufferPointer(rebasing: output[..<produced])
    }

    private func reserve(_ count: Int) {
        guard unsafe output.count < count || output.count > max(count, Self.maximumKeptBytes) else { return }
        unsafe output.deallocate()
        unsafe output = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    }
}

/// The deflaters of a loop, each made when a message is first compressed for a window of its size.
struct DeflaterTable {
    private var deflaters: [Int: Deflater] = [:]

    /// The deflater for a peer that takes windows of this size; nil when there is none.
    mutating func deflater(windowBits: Int) -> Deflater? {
        if let deflater = deflaters[windowBits] { return deflater }
        guard Deflater.windowBits.contains(windowBits) else { return nil }
        let deflater = Deflater(windowBits: windowBits)
        deflaters[windowBits] = deflater
        return deflater
    }
}
