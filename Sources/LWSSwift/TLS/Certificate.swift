internal import CLibWebSockets

/// One reference to a certificate of OpenSSL's.
@safe
final class Certificate {
    let pointer: OpaquePointer

    /// Takes over a reference.
    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe X509_free(pointer)
    }

    /// All certificates of a source, in their order: one at least.
    ///
    /// - Parameter what: what they are, for the error.
    static func read(_ source: PEMSource, _ what: String) throws(WebSocketError) -> [Certificate] {
        let input = try PEMInput(source, what)
        var certificates: [Certificate] = []
        while let certificate = unsafe PEM_read_bio_X509(input.bio, nil, nil, nil) {
            certificates.append(unsafe Certificate(owning: certificate))
        }
        // That there is no further one is reported as an error too.
        guard ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE, !certificates.isEmpty else {
            throw input.unusable("it has no certificate in PEM form, or a damaged one")
        }
        ERR_clear_error()
        return certificates
    }
}

/// One reference to a private key of OpenSSL's.
@safe
final class PrivateKey {
    let pointer: OpaquePointer

    private init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }

    static func read(_ source: PEMSource) throws(WebSocketError) -> PrivateKey {
        let input = try PEMInput(source, "private key")
        var isEncrypted = false
        // Without a callback of ours, OpenSSL would ask at the terminal.
        let key = unsafe withUnsafeMutablePointer(to: &isEncrypted) { flag in
            unsafe PEM_read_bio_PrivateKey(
                input.bio,
                nil,
                { _, _, _, flag in
                    unsafe flag?.assumingMemoryBound(to: Bool.self).pointee = true
                    return -1
                },
                flag
            )
        }
        guard let key = unsafe key else {
            throw input.unusable(
                isEncrypted ? "it has a passphrase: take that off first" : "it has no private key in PEM form"
            )
        }
        return unsafe PrivateKey(owning: key)
    }
}

/// The bytes of a source, as OpenSSL reads them; wiped afterwards, for it may be a key.
@safe
private final class PEMInput {
    let bio: OpaquePointer
    private let bytes: UnsafeMutableRawBufferPointer
    private let source: PEMSource
    private let what: String

    init(_ source: PEMSource, _ what: String) throws(WebSocketError) {
        let contents = try source.read(what)
        self.source = source
        self.what = what
        unsafe bytes = .allocate(byteCount: max(1, contents.count), alignment: 16)
        unsafe bytes.copyBytes(from: contents)
        guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: contents.count)) else {
            unsafe bytes.deallocate()
            throw WebSocketError(.tls, "The \(what) cannot be read: \(TLSFailure.takeLast()).")
        }
        unsafe self.bio = unsafe bio
        ERR_clear_error()
    }

    deinit {
        unsafe BIO_free(bio)
        unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        unsafe bytes.deallocate()
    }

    func unusable(_ why: String) -> WebSocketError {
        let place = if case .file = source { "file of the \(what), \(source)," } else { "\(what) (\(source))" }
        return WebSocketError(.tls, "The \(place) cannot be used: \(why) (\(TLSFailure.takeLast())).")
    }
}
