internal import CLibWebSockets
internal import Glibc
internal import Logging

/// The context and vhosts of a loop: what lws is told at creation, and why.
extension ServiceLoop {
    /// What lws keeps pointers to for as long as a context or vhost lives: strings and the protocol table. They live as
    /// long as the process, since they are the same for every loop.
    private enum Constants {
        nonisolated(unsafe) static let alpn = unsafe strdup("http/1.1")!
        /// An address that disables the `http_proxy` variable of the environment, which lws would obey for servers' vhosts
        /// too (lib/core-net/vhost.c, `lws_create_vhost`): port 0 means no proxy.
        nonisolated(unsafe) static let noProxy = unsafe strdup(":0")!
        /// All zero: lws' own keepalive is off, because its timers are kept in a sorted list; the loop's wheel does it.
        nonisolated(unsafe) static let retryPolicy = {
            let policy = UnsafeMutablePointer<lws_retry_bo_t>.allocate(capacity: 1)
            unsafe policy.initialize(to: lws_retry_bo_t())
            return unsafe policy
        }()
    }

    /// The receive buffer lws allocates for each connection, where an idle connection's memory goes: 1 KiB makes 2.45 KiB
    /// a connection within lws.
    private static let plainReceiveBytes = 1_024
    /// With TLS a read must take a whole record, or pausing hangs the thread (lws below 5.0).
    private static let tlsReceiveBytes = 16_384
    /// What one send may carry, beyond which lws chops a write and copies the rest: a fragment of 64 KiB with its header, or
    /// four messages of 16 KiB with theirs and a prefix.
    static let writeBytes = 68 << 10

    func makeContext() -> Result<Void, WebSocketError> {
        LogBridge.install()
        guard clws_version_number >= 4_001_006, let version = unsafe lws_get_library_version() else {
            return .failure(WebSocketError(.unsupportedLibrary, "libwebsockets 4.1.6 or newer is needed."))
        }
        do throws(WebSocketError) {
            try FreeDescriptors.require(FreeDescriptors.neededByLoop, for: "A service loop")
        } catch {
            return .failure(error)
        }
        if configuration.eventLibrary != .poll {
            if let engine = UVEngine(owner: self) {
                if makeContext(on: engine) { return .success(()) }
                engine.close()
            }
            let hint = "install the package libwebsockets-evlib-uv (Debian, Ubuntu)"
            guard configuration.eventLibrary == .automatic else {
                return .failure(WebSocketError(.unsupportedLibrary, "libwebsockets cannot use libuv: \(hint)."))
            }
            logger.warning(
                "libwebsockets cannot use libuv and falls back to poll, which is slow with many connections: \(hint)"
            )
        }
        guard makeContext(on: PollEngine(owner: self)) else {
            let reason = lastLibraryError ?? "it gives no reason"
            return .failure(
                WebSocketError(
                    .unsupportedLibrary,
                    "libwebsockets \(unsafe String(cString: version)) cannot make a context: \(reason)."
                )
            )
        }
        return .success(())
    }

    private func makeContext(on engine: some EventEngine) -> Bool {
        var info = unsafe lws_context_creation_info()
        unsafe info.port = CONTEXT_PORT_NO_LISTEN
        unsafe info.options = UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS)
        unsafe info.options |= clws_disable_utf8_validation
        // -1 leaves user and group alone; the fields are int before 4.3 and unsigned since.
        unsafe info.gid = .init(truncatingIfNeeded: -1)
        unsafe info.uid = .init(truncatingIfNeeded: -1)
        unsafe info.pt_serv_buf_size = 32_768
        unsafe info.max_http_header_data2 = UInt32(clamping: configuration.maximumHeaderBytes)
        // lws' own limit for the steps of a handshake and of an end: longer than those of the endpoints, which are to
        // count, and short enough for a socket that only lws still knows.
        unsafe info.timeout_secs = 60
        unsafe info.retry_and_idle_policy = UnsafePointer(Constants.retryPolicy)
        unsafe info.user = Unmanaged.passUnretained(self).toOpaque()
        unsafe engine.configure(&info)
        guard
            TLSLibrary.creatingContext({ option in
                unsafe info.options |= option
                unsafe context = lws_create_context(&info)
                return unsafe context != nil
            }),
            let context = unsafe context
        else { return false }
        self.engine = engine
        unsafe jobQueue.attach(context)
        return true
    }

    /// The end of the thread: nothing of lws is left afterwards.
    func destroyContext() {
        jobQueue.detach()
        if let context = unsafe context { unsafe engine?.destroy(context) }
        unsafe context = nil
        engine = nil
        unsafe commonVhost = nil
        protocolTables = [:]
    }

    // MARK: Vhosts

    /// Makes a vhost without a listener for the sockets of a server, which are adopted into it. TLS is none of its business:
    /// it is done on the sockets, as on any byte stream.
    func makeServerVhost() throws(WebSocketError) -> OpaquePointer {
        var info = unsafe lws_context_creation_info()
        unsafe info.port = CONTEXT_PORT_NO_LISTEN_SERVER
        return unsafe try makeVhost(&info, receiveBytes: Self.plainReceiveBytes)
    }

    /// The vhost that the sockets of clients are adopted into, as streams of bytes. It is made at the first use and kept
    /// until the loop ends; nil when lws has no memory.
    func streamVhost() -> OpaquePointer? {
        if let vhost = unsafe commonVhost { return unsafe vhost }
        var info = unsafe lws_context_creation_info()
        unsafe info.port = CONTEXT_PORT_NO_LISTEN
        unsafe commonVhost = try? unsafe makeVhost(&info, receiveBytes: Self.plainReceiveBytes)
        return unsafe commonVhost
    }

    /// `CONTEXT_PORT_NO_LISTEN_SERVER` is the port of a server's vhost: `CONTEXT_PORT_NO_LISTEN` skips its TLS set-up.
    private func makeVhost(
        _ info: inout lws_context_creation_info,
        receiveBytes: Int
    ) throws(WebSocketError) -> OpaquePointer {
        guard let context = unsafe context else { throw .loopStopped }
        unsafe info.protocols = UnsafePointer(protocolTable(receiveBytes: receiveBytes).entries)
        unsafe info.alpn = UnsafePointer(Constants.alpn)
        unsafe info.http_proxy_address = UnsafePointer(Constants.noProxy)
        unsafe info.retry_and_idle_policy = UnsafePointer(Constants.retryPolicy)
        unsafe info.keepalive_timeout = 5
        unsafe info.timeout_secs_ah_idle = 10
        lastLibraryError = nil
        guard let vhost = unsafe lws_create_vhost(context, &info) else {
            let reason = lastLibraryError ?? "libwebsockets gives no reason"
            throw WebSocketError(.tls, "The TLS configuration cannot be used: \(reason).")
        }
        return unsafe vhost
    }

    /// The table for this size, which lws refers to until the context is destroyed.
    private func protocolTable(receiveBytes: Int) -> ProtocolTable {
        if let table = protocolTables[receiveBytes] { return table }
        let table = ProtocolTable(receiveBytes: receiveBytes, subprotocol: subprotocolName)
        protocolTables[receiveBytes] = table
        return table
    }

    static var alpn: UnsafePointer<CChar> { unsafe UnsafePointer(Constants.alpn) }
    static var retryPolicy: UnsafePointer<lws_retry_bo_t> { unsafe UnsafePointer(Constants.retryPolicy) }
}

/// C strings that live as long as this object, for the length of one call into lws.
@safe
final class CStrings {
    private var pointers: [UnsafeMutablePointer<CChar>] = unsafe []

    subscript(string: String) -> UnsafePointer<CChar>? {
        guard let copy = unsafe strdup(string) else { return nil }
        unsafe pointers.append(copy)
        return unsafe UnsafePointer(copy)
    }

    deinit {
        while let pointer = unsafe pointers.popLast() { unsafe free(pointer) }
    }
}
