internal import CLibWebSockets

/// The bottom of a session: OpenSSL reads from what its session is receiving, and writes to its transport. No bytes are
/// kept in between (BIO_meth_new(3)).
enum SessionBIO {
    /// Made once, and never changed. Not isolated for that reason.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        guard
            let method = unsafe BIO_meth_new(BIO_get_new_index() | Int32(BIO_TYPE_SOURCE_SINK), "LWSSwift")
        else { return nil }
        unsafe BIO_meth_set_write_ex(method, writeCallback)
        unsafe BIO_meth_set_read_ex(method, readCallback)
        unsafe BIO_meth_set_ctrl(method, controlCallback)
        return unsafe method
    }()

    /// Makes the bottom of a session, which must live longer.
    static func make(_ session: TLSSession) -> OpaquePointer? {
        guard let method = unsafe method, let bio = unsafe BIO_new(method) else { return nil }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(session).toOpaque())
        unsafe BIO_set_init(bio, 1)
        return unsafe bio
    }
}

private func writeCallback(
    _ bio: OpaquePointer?,
    _ bytes: UnsafePointer<CChar>?,
    _ count: Int,
    _ written: UnsafeMutablePointer<Int>?
) -> Int32 {
    guard let session = unsafe BIO_get_data(bio) else { return 0 }
    let ciphertext = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
    let isTaken = unsafe Unmanaged<TLSSession>.fromOpaque(session)._withUnsafeGuaranteedRef {
        unsafe $0.send(ciphertext)
    }
    unsafe written?.pointee = isTaken ? count : 0
    return isTaken ? 1 : 0
}

private func readCallback(
    _ bio: OpaquePointer?,
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ capacity: Int,
    _ read: UnsafeMutablePointer<Int>?
) -> Int32 {
    guard let session = unsafe BIO_get_data(bio) else { return 0 }
    let space = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: capacity)
    let count = unsafe Unmanaged<TLSSession>.fromOpaque(session)._withUnsafeGuaranteedRef {
        unsafe $0.takeInput(into: space)
    }
    // No input is not the end: more comes with the socket's next event.
    unsafe ctls_set_retry_read(bio, count == 0 ? 1 : 0)
    unsafe read?.pointee = count
    return count == 0 ? 0 : 1
}

/// The only question that matters is "has all been written?", and it always has.
private func controlCallback(
    _ bio: OpaquePointer?,
    _ command: Int32,
    _ number: Int,
    _ argument: UnsafeMutableRawPointer?
) -> Int {
    command == BIO_CTRL_FLUSH ? 1 : 0
}
