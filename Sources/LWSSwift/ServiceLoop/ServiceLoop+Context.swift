internal import CLibWebSockets
internal import Glibc
internal import Logging

/// The context and vhosts of a loop: what lws is told at creation, and why.
extension ServiceLoop {
    /// What lws keeps pointers to for as long as a context or vhost lives: strings and the protocol table. They live as
    /// long as the process, since they are the same for every loop.
    private enum Constants {
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

    /// Held while a context begins and while one ends. What a loop looks for among the descriptors of the process
    /// (``RouteMonitor``) must not be another loop's that ends just then: its number may be somebody else's a moment later.
    /// lws calls back meanwhile, and nothing that it calls begins or ends a context.
    private static let turnover = Lock(())

    private static func alone(_ body: () -> Void) {
        guard LibraryVersion.loaded.watchesRoutes else { return body() }
        turnover.withLock { _ in body() }
    }

    /// What one send may carry, beyond which lws chops a write and copies the rest: a fragment of 64 KiB with its header, or
    /// four messages of 16 KiB with theirs and a prefix.
    static let writeBytes = 68 << 10

    func makeContext() -> Result<Void, WebSocketError> {
        LogBridge.install()
        if let refusal = LibraryVersion.refusal(headers: .headers, library: .loaded) {
            return .failure(WebSocketError(.unsupportedLibrary, refusal))
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
                    "libwebsockets \(LibraryVersion.loaded) cannot make a context: \(reason)."
                )
            )
        }
        return .success(())
    }

    private func makeContext(on engine: some EventEngine) -> Bool {
        var info = unsafe lws_context_creation_info()
        unsafe info.port = CONTEXT_PORT_NO_LISTEN
        unsafe info.options = UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS)
        // -1 leaves user and group alone; the fields are int before 4.3 and unsigned since.
        unsafe info.gid = .init(truncatingIfNeeded: -1)
        unsafe info.uid = .init(truncatingIfNeeded: -1)
        unsafe info.pt_serv_buf_size = 32_768
        // lws' own limit for the steps of a handshake and of an end: longer than those of the endpoints, which are to
        // count, and short enough for a socket that only lws still knows.
        unsafe info.timeout_secs = 60
        unsafe info.retry_and_idle_policy = UnsafePointer(Constants.retryPolicy)
        unsafe info.user = Unmanaged.passUnretained(self).toOpaque()
        unsafe contextLog.configure(&info)
        Self.alone {
            unsafe engine.configure(&info)
            unsafe context = lws_create_context(&info)
            guard unsafe context != nil, LibraryVersion.loaded.watchesRoutes else { return }
            RouteMonitor.silence(among: engine.ownDescriptors())
        }
        guard let context = unsafe context else { return false }
        self.engine = engine
        unsafe jobQueue.attach(context)
        return true
    }

    /// The end of the thread: nothing of lws is left afterwards.
    func destroyContext() {
        jobQueue.detach()
        if let context = unsafe context, let engine {
            let wakeUp =
                LibraryVersion.loaded.forgetsWakeUp
                ? unsafe ForgottenWakeUp(of: context, among: engine.ownDescriptors()) : nil
            Self.alone { unsafe engine.destroy(context) }
            wakeUp?.close()
        }
        unsafe context = nil
        engine = nil
        unsafe commonVhost = nil
    }

    // MARK: Vhosts

    /// The vhost that the sockets of clients are adopted into, as streams of bytes. It is made at the first use and kept
    /// until the loop ends; nil when lws has no memory.
    func streamVhost() -> OpaquePointer? {
        if let vhost = unsafe commonVhost { return unsafe vhost }
        unsafe commonVhost = try? unsafe makeVhost()
        return unsafe commonVhost
    }

    /// Makes a vhost without a listener, whose sockets are streams of bytes: HTTP, frames and TLS are none of its business.
    func makeVhost() throws(WebSocketError) -> OpaquePointer {
        guard let context = unsafe context else { throw .loopStopped }
        var info = unsafe lws_context_creation_info()
        unsafe info.port = CONTEXT_PORT_NO_LISTEN
        unsafe info.protocols = UnsafePointer(protocolTable.entries)
        unsafe info.http_proxy_address = UnsafePointer(Constants.noProxy)
        unsafe info.retry_and_idle_policy = UnsafePointer(Constants.retryPolicy)
        unsafe contextLog.configure(&info)
        lastLibraryError = nil
        guard let vhost = unsafe lws_create_vhost(context, &info) else {
            let reason = lastLibraryError ?? "it gives no reason"
            throw WebSocketError(.system, "libwebsockets cannot make a vhost: \(reason).")
        }
        return unsafe vhost
    }
}
