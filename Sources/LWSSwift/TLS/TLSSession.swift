internal import CLibWebSockets
internal import Glibc

/// TLS on one socket: plaintext on one side, a ``TLSTransport`` on the other.
///
/// It does no input or output of its own and never waits: the transport calls ``receive(_:)`` with what has arrived, and
/// the session answers through the transport. Confined to the loop's thread. Owns one `SSL`, released in `deinit`.
///
/// Memory: about 14 KiB with OpenSSL 3.0 once the handshake is done and nothing is under way; a part of a record that has
/// arrived keeps up to 17 KiB more.
@safe
final class TLSSession {
    private enum Phase {
        case handshaking
        case open
        /// close_notify has come: what comes after it does not count.
        case closedByPeer
        case failed
    }

    private let context: TLSContext
    private let scratch: TLSScratch
    private let ssl: OpaquePointer
    /// The key under which a client remembers its session; nil for servers.
    let server: String?
    /// Whom the session works for. Not counted: the transport owns the session, and names its successor here when it hands
    /// it over.
    unowned(unsafe) var transport: any TLSTransport

    /// Why the peer's certificate is not accepted, for the failure that follows.
    var refusal: String?
    /// Why the session has failed; nil when it has not, or only because its transport was lost.
    private(set) var failure: TLSFailure?

    private var phase = Phase.handshaking
    private var hasSentClose = false
    private var isReceiving = false
    /// What OpenSSL has not read yet of the ciphertext in hand; set during `process` only.
    private var input = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    /// Ciphertext that waits for ``resume()``.
    private var kept: [UInt8] = []

    /// Makes a session; fails only when OpenSSL has no memory.
    ///
    /// - Parameters:
    ///   - hostName: for clients, the host as the URL names it: sent to the server, and verified.
    ///   - port: for clients, the server's port; with the host it names the session to resume.
    init?(
        _ context: TLSContext,
        scratch: TLSScratch,
        transport: any TLSTransport,
        hostName: String? = nil,
        port: Int = 0
    ) {
        ERR_clear_error()
        guard let ssl = unsafe SSL_new(context.pointer) else { return nil }
        unsafe self.ssl = unsafe ssl
        self.context = context
        self.scratch = scratch
        unsafe self.transport = transport
        server = context.role == .client ? hostName.map { "\($0):\(port)" } : nil
        guard let bio = unsafe SessionBIO.make(self) else { return nil }
        // The session owns the BIO from now on, as both its ends.
        unsafe SSL_set_bio(ssl, bio, bio)
        unsafe SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        switch context.role {
        case .server: unsafe SSL_set_accept_state(ssl)
        case .client:
            unsafe SSL_set_connect_state(ssl)
            if let hostName, !prepare(hostName) { return nil }
        }
    }

    deinit {
        if phase != .failed {
            // Else OpenSSL would take an end without close_notify for an attack, and forget the client's session; a
            // WebSocket has its own closing handshake.
            unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        }
        unsafe SSL_free(ssl)
    }

    static func owner(of session: OpaquePointer) -> TLSSession? {
        guard let owner = unsafe SSL_get_ex_data(session, 0) else { return nil }
        return unsafe Unmanaged<TLSSession>.fromOpaque(owner).takeUnretainedValue()
    }

    /// Names the server to itself and to the verification, and offers the session of the last time.
    private func prepare(_ hostName: String) -> Bool {
        // A root's dot is no part of a certificate's names (RFC 6066 section 3).
        let name = hostName.hasSuffix(".") ? String(hostName.dropLast()) : hostName
        let parameters = unsafe SSL_get0_param(ssl)
        let isAddress = Self.isAddress(name)
        if !isAddress, unsafe ctls_set_server_name(ssl, name) != 1 { return false }
        if context.verifiesHostName {
            unsafe SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            let isSet = unsafe isAddress ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name) : SSL_set1_host(ssl, name)
            if isSet != 1 { return false }
        }
        if let server, let session = context.sessions?.take(for: server) {
            unsafe SSL_set_session(ssl, session.pointer)
        }
        return true
    }

    private static func isAddress(_ name: String) -> Bool {
        var address = in6_addr()
        return unsafe inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1
    }

    // MARK: What is known about it

    /// The handshake is done, and nothing has failed since.
    var isSecured: Bool { phase == .open || phase == .closedByPeer }
    /// An earlier session goes on, without certificates being shown again.
    var isResumed: Bool { unsafe SSL_session_reused(ssl) == 1 }
    /// The protocol's version, such as `TLSv1.3`.
    var version: String { unsafe String(cString: SSL_get_version(ssl)) }
    /// The certificate that the peer has shown, in DER form, verified as the configuration demands; also of a session that
    /// was resumed. Nil for none, and before the handshake is done.
    var peerCertificate: [UInt8]? {
        guard isSecured, let certificate = unsafe SSL_get0_peer_certificate(ssl) else { return nil }
        return unsafe PeerCertificate.derBytes(of: certificate)
    }
    /// Why an end of the transport now would be a failure of TLS; nil when it would not.
    var failureAtEnd: TLSFailure? {
        phase == .handshaking ? TLSFailure("the peer ended the connection during the TLS handshake") : nil
    }

    // MARK: Receiving

    /// Begins the handshake: a client sends its hello, a server waits for it.
    func start() {
        if context.role == .client { _ = shakeHands() }
    }

    /// Takes all ciphertext of one read.
    ///
    /// When the transport wants no more of it, the rest is kept: at most this read, if the transport stops reading then. Calls into the transport, which may call anything but must keep the session alive.
    func receive(_ ciphertext: UnsafeRawBufferPointer) {
        guard phase == .handshaking || phase == .open else { return }
        guard !isReceiving, kept.isEmpty else {
            unsafe kept.append(contentsOf: ciphertext)
            return
        }
        unsafe input = ciphertext
        process()
        unsafe keep(input)
    }

    /// Goes on with what was kept, as long as the transport wants it.
    func resume() {
        guard !isReceiving, !kept.isEmpty else { return }
        let bytes = kept
        kept = []
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe input = bytes
            process()
            unsafe keep(input)
        }
    }

    /// Whether ciphertext waits for ``resume()``.
    var isHoldingInput: Bool { !kept.isEmpty }

    private func keep(_ rest: UnsafeRawBufferPointer) {
        unsafe input = UnsafeRawBufferPointer(start: nil, count: 0)
        guard phase == .handshaking || phase == .open else {
            kept = []
            return
        }
        // Before what came in during a call of `process`.
        if unsafe !rest.isEmpty { unsafe kept.insert(contentsOf: rest, at: 0) }
    }

    /// Has OpenSSL work on the input, until there is none, the transport wants no more, or the session has ended.
    ///
    /// One `SSL_read` takes a whole record, so that nothing is left to read in OpenSSL once the input is used up: the call
    /// that would only find that out is spared.
    private func process() {
        isReceiving = true
        defer { isReceiving = false }
        unsafe scratch.lend { buffer in
            while unsafe !input.isEmpty {
                if phase == .handshaking {
                    guard shakeHands() else { return }
                    unsafe transport.tlsSecured()
                    continue
                }
                guard phase == .open, unsafe transport.wantsPlaintext else { return }
                // Others may have left errors on this thread, which would count as this call's.
                ERR_clear_error()
                let count = unsafe SSL_read(ssl, buffer.baseAddress, Int32(buffer.count))
                if count > 0 {
                    let plaintext = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(count)])
                    unsafe transport.tlsReceived(plaintext)
                    continue
                }
                switch unsafe SSL_get_error(ssl, count) {
                case SSL_ERROR_WANT_READ: continue
                case SSL_ERROR_ZERO_RETURN:
                    phase = .closedByPeer
                    unsafe transport.tlsEnded(.closedByPeer)
                default: fail()
                }
            }
        }
    }

    /// Goes on with the handshake; true when it is done.
    private func shakeHands() -> Bool {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(ssl)
        if result == 1 {
            phase = .open
            return true
        }
        if unsafe SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ { fail() }
        return false
    }

    private func fail() {
        phase = .failed
        let failure = TLSFailure(refusal: refusal)
        self.failure = failure
        ERR_clear_error()
        unsafe transport.tlsEnded(.failed(failure))
    }

    // MARK: Sending

    /// Encrypts all of it and hands it to the transport, in records of up to 16 KiB; false when that is not possible any
    /// more, or not yet.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard isSecured, !hasSentClose else { return false }
        guard let start = bytes.baseAddress, bytes.count > 0 else { return true }
        var written = 0
        if unsafe SSL_write_ex(ssl, start, bytes.count, &written) == 1 { return true }
        ERR_clear_error()
        phase = .failed
        return false
    }

    /// Says that nothing more will be sent; only once, and not before the handshake is done.
    func closeNotify() {
        guard isSecured, !hasSentClose else { return }
        hasSentClose = true
        ERR_clear_error()
        unsafe SSL_shutdown(ssl)
        ERR_clear_error()
    }

    // MARK: The bottom

    func send(_ ciphertext: UnsafeRawBufferPointer) -> Bool {
        unsafe transport.send(ciphertext: ciphertext)
    }

    /// Moves input to where OpenSSL wants it; the count, 0 when there is none.
    func takeInput(into space: UnsafeMutableRawBufferPointer) -> Int {
        let count = unsafe min(space.count, input.count)
        guard count > 0 else { return 0 }
        unsafe space.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
        unsafe input = UnsafeRawBufferPointer(rebasing: input[count...])
        return count
    }
}
