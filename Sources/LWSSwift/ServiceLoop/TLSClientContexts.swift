internal import CLibWebSockets

/// Keeps libwebsockets 4.1 from losing the TLS contexts of clients when there are several loops in a process.
///
/// lws attaches a record to each client's `SSL_CTX` under an index of OpenSSL's that it keeps in a global variable.
/// Before 4.2 every new lws context takes a new index and forgets the old one, so that an older context no longer finds
/// its records when it is destroyed, and leaks them with the certificates they hold
/// (lib/tls/openssl/openssl-tls.c, `lws_context_init_ssl_library`). So the index in force is followed here, and the
/// records are moved to it before a context is destroyed.
@safe
struct TLSClientContexts {
    /// The index in force; also what keeps two threads from creating or destroying contexts at the same time.
    private static let currentIndex = Lock(Int32(-1))
    private static var isNeeded: Bool { clws_version_number < 4_002_000 }

    /// The contexts of this loop's clients, and the index their record stands under.
    private var records: [(context: OpaquePointer, index: Int32)] = unsafe []

    /// Creates an lws context with `body`.
    static func creatingContext(_ body: () -> Bool) -> Bool {
        currentIndex.withLock { index in
            defer {
                // OpenSSL counts upwards: lws' newest index is the one before ours.
                if isNeeded { index = clws_new_ssl_ctx_index() - 1 }
            }
            return body()
        }
    }

    /// Notes an `SSL_CTX` that lws makes, as its callback tells.
    mutating func add(_ context: OpaquePointer) {
        guard Self.isNeeded else { return }
        let index = Self.currentIndex.withLock { $0 }
        unsafe records.append((context, index))
    }

    /// Destroys the lws context with `body`.
    mutating func destroyingContext(_ body: () -> Void) {
        var pending = unsafe records
        unsafe records = []
        Self.currentIndex.withLock { current in
            while let record = unsafe pending.popLast() {
                guard unsafe record.index != current,
                    let data = unsafe SSL_CTX_get_ex_data(record.context, record.index)
                else { continue }
                unsafe SSL_CTX_set_ex_data(record.context, current, data)
            }
            body()
        }
    }
}
