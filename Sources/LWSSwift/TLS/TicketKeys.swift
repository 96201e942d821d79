internal import CLibWebSockets
internal import Glibc

/// The keys that a server's session tickets are encrypted with (RFC 5077, RFC 8446 section 4.6.1).
///
/// A ticket is all that a server has of a session, so that it resumes on any loop and costs no memory. One key makes
/// tickets for an hour, then a new one does; the one before is still accepted for as long as its tickets are. Keys are
/// changed when they are used: a server without handshakes keeps its last ones. May be used on any thread.
final class TicketKeys: Sendable {
    /// How long a ticket is good for, and how long a key makes them.
    static let lifetimeSeconds = 3_600

    private struct State {
        var current: TicketKey
        var previous: TicketKey?
        /// When the current one became so.
        var since: Int
    }

    private let clock: @Sendable () -> Int
    private let state: Lock<State>

    /// - Parameter clock: seconds of a clock that only goes forward.
    init(clock: @escaping @Sendable () -> Int = TicketKeys.monotonicSeconds) {
        self.clock = clock
        state = Lock(State(current: TicketKey(), previous: nil, since: clock()))
    }

    /// The key for a new ticket.
    func currentKey() -> TicketKey {
        let now = clock()
        return state.withLock { state in
            Self.rotate(&state, now)
            return state.current
        }
    }

    /// The key that a ticket names, and whether it should be replaced by one of the current key; nil when it is too old or
    /// not of this server.
    func key(named name: UnsafeRawBufferPointer) -> (key: TicketKey, isCurrent: Bool)? {
        let now = clock()
        let keys = state.withLock { state in
            Self.rotate(&state, now)
            return (state.current, state.previous)
        }
        if unsafe keys.0.isNamed(name) { return (keys.0, true) }
        if let previous = keys.1, unsafe previous.isNamed(name) { return (previous, false) }
        return nil
    }

    private static func rotate(_ state: inout State, _ now: Int) {
        let age = now - state.since
        guard age >= lifetimeSeconds else { return }
        state.previous = age < 2 * lifetimeSeconds ? state.current : nil
        state.current = TicketKey()
        state.since = now
    }

    static func monotonicSeconds() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }
}

/// A name and two secrets, wiped when nobody uses them any more.
@safe
final class TicketKey: Sendable {
    static let nameBytes = 16
    private static let secretBytes = 32

    // Not isolated, because it is filled once and only read afterwards.
    private nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    init() {
        unsafe bytes = .allocate(byteCount: Self.nameBytes + 2 * Self.secretBytes, alignment: 16)
        let isRandom = unsafe RAND_bytes(bytes.baseAddress, Int32(bytes.count)) == 1
        precondition(isRandom, "OpenSSL has no random numbers.")
    }

    deinit {
        unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        unsafe bytes.deallocate()
    }

    func isNamed(_ name: UnsafeRawBufferPointer) -> Bool {
        unsafe name.elementsEqual(bytes[..<Self.nameBytes])
    }

    func copyName(to name: UnsafeMutableRawPointer) {
        unsafe name.copyMemory(from: bytes.baseAddress!, byteCount: Self.nameBytes)
    }

    /// Readies the ciphers of one ticket (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)): AES-256-CBC, then HMAC with SHA-256.
    func prepare(_ cipher: OpaquePointer, _ mac: OpaquePointer, iv: UnsafePointer<UInt8>, isEncrypting: Bool) -> Bool {
        let key = unsafe bytes.baseAddress! + Self.nameBytes
        let cipherKey = unsafe key.assumingMemoryBound(to: UInt8.self)
        guard
            unsafe EVP_CipherInit_ex2(cipher, Constants.cipher, cipherKey, iv, isEncrypting ? 1 : 0, nil) == 1
        else { return false }
        // The parameters point at their names and values, so these must be more than arguments.
        let parameters = unsafe [
            OSSL_PARAM_construct_octet_string(Constants.key, key + Self.secretBytes, Self.secretBytes),
            OSSL_PARAM_construct_utf8_string(Constants.digest, Constants.sha256, 0),
            OSSL_PARAM_construct_end(),
        ]
        return unsafe EVP_MAC_CTX_set_params(mac, parameters) == 1
    }

    /// Not isolated, because they are made once and never written.
    private enum Constants {
        /// Fetched here once, since OpenSSL 3 looks it up anew for each ticket otherwise.
        nonisolated(unsafe) static let cipher = unsafe EVP_CIPHER_fetch(nil, "AES-256-CBC", nil)
        nonisolated(unsafe) static let key = unsafe strdup(OSSL_MAC_PARAM_KEY)!
        nonisolated(unsafe) static let digest = unsafe strdup(OSSL_MAC_PARAM_DIGEST)!
        nonisolated(unsafe) static let sha256 = unsafe strdup("SHA256")!
    }
}

/// OpenSSL's question for the key of a ticket: of a new one, or of one that a client shows.
func ticketKeyCallback(
    _ session: OpaquePointer?,
    _ name: UnsafeMutablePointer<UInt8>?,
    _ iv: UnsafeMutablePointer<UInt8>?,
    _ cipher: OpaquePointer?,
    _ mac: OpaquePointer?,
    _ isEncrypting: Int32
) -> Int32 {
    guard let session = unsafe session, let name = unsafe name, let iv = unsafe iv, let cipher = unsafe cipher,
        let mac = unsafe mac, let keys = unsafe TLSContext.owner(of: session)?.ticketKeys
    else { return -1 }
    if isEncrypting == 1 {
        let key = keys.currentKey()
        unsafe key.copyName(to: name)
        guard unsafe RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1,
            unsafe key.prepare(cipher, mac, iv: iv, isEncrypting: true)
        else { return -1 }
        return 1
    }
    let shown = unsafe UnsafeRawBufferPointer(start: name, count: TicketKey.nameBytes)
    // 0 means a full handshake, 2 that the client gets a new ticket.
    guard let (key, isCurrent) = unsafe keys.key(named: shown) else { return 0 }
    guard unsafe key.prepare(cipher, mac, iv: iv, isEncrypting: false) else { return -1 }
    // With TLS 1.3 a client uses a ticket once, so it always gets another.
    return unsafe isCurrent && SSL_version(session) < TLS1_3_VERSION ? 1 : 2
}
