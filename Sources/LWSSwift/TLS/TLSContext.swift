internal import CLibWebSockets

/// What all TLS sessions of one configuration have in common: certificates, keys, rules, and what lets sessions resume.
///
/// Owns one `SSL_CTX`, which has one release, in `deinit`. Made off the loops, since that reads files; then used by any of
/// them: one context for all loops of a server is why a session made on one loop resumes on another.
@safe
final class TLSContext: Sendable {
    // Not isolated: OpenSSL counts its references atomically, and nothing changes it once the factories below have
    // returned it.
    nonisolated(unsafe) let pointer: OpaquePointer
    let role: WebSocketRole
    /// A server's keys for session tickets.
    let ticketKeys: TicketKeys?
    /// A client's sessions that may be resumed.
    let sessions: ClientSessions?
    /// Whether the server's host name is verified.
    let verifiesHostName: Bool
    /// What is asked of clients' certificates, as a digest: a ticket is good under the same policy only, for a session
    /// that resumes is not verified again.
    private let policy: [UInt8]

    /// OpenSSL's, with the cheapest first, as browsers have it: 128 bits are secure, take fewer rounds, and SHA-256 is
    /// faster than SHA-384 where processors help.
    private static let ciphersuites =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

    private init(
        _ role: WebSocketRole,
        ticketKeys: TicketKeys? = nil,
        sessions: ClientSessions? = nil,
        verifiesHostName: Bool = false,
        policy: [UInt8] = []
    ) throws(WebSocketError) {
        guard let pointer = unsafe SSL_CTX_new(role == .server ? TLS_server_method() : TLS_client_method()) else {
            throw WebSocketError(.tls, "OpenSSL cannot make a TLS context: \(TLSFailure.takeLast()).")
        }
        unsafe self.pointer = unsafe pointer
        self.role = role
        self.ticketKeys = ticketKeys
        self.sessions = sessions
        self.verifiesHostName = verifiesHostName
        self.policy = policy
        unsafe SSL_CTX_set_ex_data(pointer, 0, Unmanaged.passUnretained(self).toOpaque())
        unsafe SSL_CTX_set_options(pointer, ctls_options)
        unsafe ctls_set_mode(pointer, Int(SSL_MODE_RELEASE_BUFFERS) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        guard unsafe ctls_set_minimum_version(pointer, TLS1_2_VERSION) == 1,
            unsafe SSL_CTX_set_ciphersuites(pointer, Self.ciphersuites) == 1
        else {
            throw WebSocketError(.tls, "OpenSSL cannot do TLS 1.2 and 1.3: \(TLSFailure.takeLast()).")
        }
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
    }

    /// The context of a session. It lives, because each ``TLSSession`` holds its context.
    static func owner(of session: OpaquePointer) -> TLSContext? {
        guard let context = unsafe SSL_get_SSL_CTX(session), let owner = unsafe SSL_CTX_get_ex_data(context, 0) else {
            return nil
        }
        return unsafe Unmanaged<TLSContext>.fromOpaque(owner).takeUnretainedValue()
    }

    /// Something about the own certificate that a log should say; nil when all is well.
    var notice: String? {
        guard let certificate = unsafe SSL_CTX_get0_certificate(pointer) else { return nil }
        let subject = unsafe PeerCertificate(certificate).subject
        if unsafe X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0 {
            return "the TLS certificate of \(subject) has expired: peers that verify it will refuse it"
        }
        if unsafe X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0 {
            return "the TLS certificate of \(subject) is not valid yet: peers that verify it will refuse it"
        }
        return nil
    }

    // MARK: Server

    /// Makes the context of a server; blocks while files are read.
    ///
    /// - Parameter predecessor: the one it replaces, whose sessions go on resuming where the policy is the same.
    static func server(
        _ configuration: TLSServerConfiguration,
        after predecessor: TLSContext? = nil
    ) throws(WebSocketError) -> TLSContext {
        var mode = SSL_VERIFY_NONE
        var authorities: [Certificate] = []
        switch configuration.clientCertificates {
        case .none: break
        case .optional(let source):
            mode = SSL_VERIFY_PEER
            authorities = try Certificate.read(source, "certificate authorities")
        case .required(let source):
            mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
            authorities = try Certificate.read(source, "certificate authorities")
        }
        var policy = [UInt8(truncatingIfNeeded: mode)]
        for authority in authorities { policy += unsafe PeerCertificate(authority.pointer).sha256 }
        policy = SHA256.digest(policy)
        let inherited = predecessor?.policy == policy ? predecessor?.ticketKeys : nil
        let context = try TLSContext(.server, ticketKeys: inherited ?? TicketKeys(), policy: policy)
        try context.use(configuration.identity)
        try context.trust(authorities)
        for authority in authorities { unsafe SSL_CTX_add_client_CA(context.pointer, authority.pointer) }
        unsafe SSL_CTX_set_verify(context.pointer, mode, verificationCallback)
        context.resumeByTickets()
        unsafe SSL_CTX_set_alpn_select_cb(context.pointer, selectProtocolCallback, nil)
        return context
    }

    /// Sessions are kept by the clients, in tickets: no memory here, no lock, no loop they belong to.
    private func resumeByTickets() {
        unsafe ctls_set_session_cache_mode(pointer, Int(SSL_SESS_CACHE_OFF))
        unsafe SSL_CTX_set_session_id_context(pointer, policy, UInt32(policy.count))
        unsafe SSL_CTX_set_timeout(pointer, TicketKeys.lifetimeSeconds)
        unsafe SSL_CTX_set_tlsext_ticket_key_evp_cb(pointer, ticketKeyCallback)
        // A client comes back with one connection, and then gets the next ticket.
        unsafe SSL_CTX_set_num_tickets(pointer, 1)
    }

    // MARK: Client

    /// Makes the context of clients; blocks while files are read, which for the system's authorities takes 10 ms or more.
    static func client(_ configuration: TLSClientConfiguration) throws(WebSocketError) -> TLSContext {
        let context = try TLSContext(
            .client,
            sessions: ClientSessions(),
            verifiesHostName: configuration.verification == .full
        )
        if let identity = configuration.identity { try context.use(identity) }
        if configuration.verification == .none {
            unsafe SSL_CTX_set_verify(context.pointer, SSL_VERIFY_NONE, nil)
        } else {
            switch configuration.trust {
            case .system:
                guard unsafe SSL_CTX_set_default_verify_paths(context.pointer) == 1 else {
                    let reason = TLSFailure.takeLast()
                    throw WebSocketError(.tls, "The system's certificate authorities cannot be read: \(reason).")
                }
            case .authorities(let source):
                try context.trust(Certificate.read(source, "certificate authorities"))
            }
            unsafe SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, verificationCallback)
        }
        unsafe ctls_set_session_cache_mode(
            context.pointer,
            Int(SSL_SESS_CACHE_CLIENT) | Int(SSL_SESS_CACHE_NO_INTERNAL)
        )
        unsafe SSL_CTX_sess_set_new_cb(context.pointer, newClientSessionCallback)
        unsafe SSL_CTX_set_alpn_protos(context.pointer, http11, UInt32(http11.count))
        return context
    }

    // MARK: Both

    private func use(_ identity: TLSIdentity) throws(WebSocketError) {
        let chain = try Certificate.read(identity.certificateChain, "certificate chain")
        let key = try PrivateKey.read(identity.privateKey)
        ERR_clear_error()
        guard unsafe SSL_CTX_use_certificate(pointer, chain[0].pointer) == 1 else {
            throw Self.unusable("certificate", identity.certificateChain)
        }
        for certificate in chain.dropFirst() {
            guard unsafe ctls_add_chain_certificate(pointer, certificate.pointer) == 1 else {
                throw Self.unusable("certificate chain", identity.certificateChain)
            }
        }
        guard unsafe X509_check_private_key(chain[0].pointer, key.pointer) == 1 else {
            ERR_clear_error()
            throw WebSocketError(
                .tls,
                """
                The TLS configuration cannot be used: the private key (\(identity.privateKey)) does not belong to the \
                first certificate of the chain (\(identity.certificateChain)).
                """
            )
        }
        guard unsafe SSL_CTX_use_PrivateKey(pointer, key.pointer) == 1 else {
            throw Self.unusable("private key", identity.privateKey)
        }
    }

    private func trust(_ authorities: [Certificate]) throws(WebSocketError) {
        let store = unsafe SSL_CTX_get_cert_store(pointer)
        for authority in authorities {
            guard unsafe X509_STORE_add_cert(store, authority.pointer) == 1 else {
                let reason = TLSFailure.takeLast()
                throw WebSocketError(.tls, "An authority's certificate cannot be used: \(reason).")
            }
        }
    }

    private static func unusable(_ what: String, _ source: PEMSource) -> WebSocketError {
        WebSocketError(
            .tls,
            "The TLS configuration cannot be used: OpenSSL refuses the \(what) (\(source)): \(TLSFailure.takeLast())."
        )
    }
}

/// The one protocol we speak inside of TLS, in the form of RFC 7301.
private let http11: [UInt8] = [8] + Array("http/1.1".utf8)

/// Chooses HTTP/1.1 when the client offers it; a client with other offers is served without an answer to them.
private func selectProtocolCallback(
    _ session: OpaquePointer?,
    _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ chosenCount: UnsafeMutablePointer<UInt8>?,
    _ offers: UnsafePointer<UInt8>?,
    _ count: UInt32,
    _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    let offers = unsafe UnsafeBufferPointer(start: offers, count: Int(count))
    var index = 0
    while index < offers.count {
        let end = unsafe index + 1 + Int(offers[index])
        guard end <= offers.count else { break }
        if unsafe offers[index..<end].elementsEqual(http11) {
            unsafe chosen?.pointee = unsafe offers.baseAddress! + index + 1
            unsafe chosenCount?.pointee = UInt8(end - index - 1)
            return SSL_TLSEXT_ERR_OK
        }
        index = end
    }
    return SSL_TLSEXT_ERR_NOACK
}
