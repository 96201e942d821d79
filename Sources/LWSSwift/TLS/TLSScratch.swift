/// The memory that a loop's sessions decrypt into: one for all, since plaintext is used up before the next record.
///
/// Confined to the loop's thread. Costs 16 KiB once there has been TLS on the loop, and as much again while a session
/// receives within another one's call.
@safe
final class TLSScratch {
    /// The most that a record holds (RFC 8446 section 5.1).
    private static let bytes = 16_384

    private var idle: UnsafeMutableRawBufferPointer?

    deinit {
        unsafe idle?.deallocate()
    }

    func lend(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
        let buffer = unsafe idle ?? .allocate(byteCount: Self.bytes, alignment: 16)
        unsafe idle = nil
        unsafe body(buffer)
        if unsafe idle == nil { unsafe idle = unsafe buffer } else { unsafe buffer.deallocate() }
    }
}
