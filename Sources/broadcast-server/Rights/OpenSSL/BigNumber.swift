import COpenSSL

/// A number of OpenSSL's that is not negative.
@safe
struct BigNumber: ~Copyable {
    let pointer: OpaquePointer

    /// - Parameter bytes: its digits, the greatest first.
    init?(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard let pointer = unsafe BN_bin2bn(bytes, Int32(clamping: bytes.count), nil) else { return nil }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe BN_free(pointer)
    }

    /// Has somebody else free it.
    consuming func release() -> OpaquePointer {
        let pointer = unsafe self.pointer
        discard self
        return unsafe pointer
    }
}
