internal import CLibWebSockets

/// Has libwebsockets prepare OpenSSL once for the process.
///
/// lws attaches its records to OpenSSL's objects under indices that it keeps in global variables. Before 4.2 every
/// context that is made with `LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT` takes new ones and forgets the old: TLS handshakes
/// under way on other loops would fail, and their clients' TLS contexts would leak (lib/tls/openssl/openssl-tls.c,
/// `lws_context_init_ssl_library`). Vhosts go by their own options, so only the first context has this one.
enum TLSLibrary {
    private static let isPrepared = Lock(false)

    /// Creates an lws context with `body`, which gets the option or 0.
    static func creatingContext(_ body: (_ option: UInt64) -> Bool) -> Bool {
        isPrepared.withLock { isPrepared in
            let isNeeded = !isPrepared || clws_version_number >= 4_002_000
            let isCreated = body(isNeeded ? UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT) : 0)
            if isCreated { isPrepared = true }
            return isCreated
        }
    }
}
