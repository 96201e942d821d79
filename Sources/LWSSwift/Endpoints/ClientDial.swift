internal import CLibWebSockets
internal import Dispatch
internal import HTTPTypes

/// One attempt to connect: resolves the name off the loop, tries the addresses in turn, and becomes a connection.
///
/// Reason for the unchecked conformance: confined to the loop's thread; the resolver hands its result over to the loop.
final class ClientDial: LoopSocket, @unchecked Sendable {
    typealias Finish = (Result<WebSocketConnection, WebSocketError>) -> Void

    let ticket: Ticket
    private let target: ClientURL
    private let configuration: WebSocketClient.Configuration
    private let onConnection: @Sendable (LoopConnection) -> Void
    private var finish: Finish?

    /// When the transport must stand, and later when the handshake must be done.
    private var deadline: UInt64
    /// When the address under way is given up in favor of the next.
    private var addressDeadline: UInt64 = .max
    private var untried: [ResolvedAddress] = []
    private var tried: [ResolvedAddress] = []
    /// The transport stands, TLS included: the handshake has been sent.
    private var isHandshaking = false
    private var subprotocol: String?
    private var compression: NegotiatedCompression?
    /// What is known about a failure, the most telling first.
    private var failure: WebSocketError?
    private var certificateProblem: String?
    private var libraryReason: String?
    private var rejectionStatus: Int?
    private var rejectionBody: [UInt8] = []

    /// The most of a refusal's body that is kept.
    private static let maximumBodyBytes = 1_024

    init(
        _ loop: ServiceLoop,
        _ target: ClientURL,
        _ configuration: WebSocketClient.Configuration,
        _ ticket: Ticket,
        _ onConnection: @escaping @Sendable (LoopConnection) -> Void,
        _ finish: @escaping Finish
    ) {
        self.target = target
        self.configuration = configuration
        self.ticket = ticket
        self.onConnection = onConnection
        self.finish = finish
        deadline = loop.now + configuration.connectTimeout.milliseconds
        super.init(loop)
    }

    func start() {
        loop.schedule(self, at: deadline)
        switch target.destination {
        case .unix(let path):
            connect(address: "+\(path)", port: 0)
        case .tcp(let host, let port):
            DispatchQueue.global().async {
                let result = Result { () throws(WebSocketError) in
                    try NameResolution.resolve(host: host, port: port, isPassive: false)
                }
                self.loop.execute { self.resolved(result) }
            }
        }
    }

    private func resolved(_ result: Result<[ResolvedAddress], WebSocketError>) {
        guard finish != nil else { return }
        switch result {
        case .success(let addresses):
            untried = addresses
            tryNext()
        case .failure(let error):
            fail(error)
        }
    }

    private func tryNext() {
        guard !untried.isEmpty else { return explain() }
        let address = untried.removeFirst()
        tried.append(address)
        let now = loop.now
        // An address that does not answer must leave time for those behind it.
        addressDeadline = now + (deadline - min(now, deadline)) / UInt64(untried.count + 1)
        loop.schedule(self, at: addressDeadline)
        connect(address: address.host, port: address.port)
    }

    /// Starts one connection (lws-client.h). lws calls back from within, and returns nil when it fails at once, before 4.3
    /// without any callback.
    private func connect(address: String, port: Int) {
        libraryReason = nil
        loop.lastLibraryError = nil
        let vhost: OpaquePointer
        do throws(WebSocketError) {
            unsafe vhost = try unsafe loop.clientVhost(tls: target.isSecure ? configuration.tls : nil)
        } catch {
            return fail(error)
        }
        let strings = CStrings()
        var info = unsafe lws_client_connect_info()
        unsafe info.context = loop.context
        unsafe info.vhost = vhost
        unsafe info.address = strings[address]
        unsafe info.port = Int32(port)
        unsafe info.path = strings[target.resource]
        unsafe info.host = strings[target.authority]
        if !configuration.subprotocols.isEmpty {
            unsafe info.protocol = strings[configuration.subprotocols.joined(separator: ", ")]
        }
        unsafe info.local_protocol_name = ProtocolTable.baseName
        unsafe info.alpn = ServiceLoop.alpn
        unsafe info.retry_and_idle_policy = ServiceLoop.retryPolicy
        unsafe info.ietf_version_or_minus_one = -1
        unsafe info.ssl_connection = Int32(LCCSCF_HTTP_NO_FOLLOW_REDIRECT.rawValue)
        if target.isSecure {
            unsafe info.ssl_connection |= Int32(LCCSCF_USE_SSL.rawValue)
            if configuration.tls.verification == .none {
                let flags = [
                    LCCSCF_ALLOW_SELFSIGNED, LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK, LCCSCF_ALLOW_EXPIRED,
                    LCCSCF_ALLOW_INSECURE,
                ]
                for flag in flags { unsafe info.ssl_connection |= Int32(flag.rawValue) }
            }
        }
        unsafe info.opaque_user_data = reference()
        if let wsi = unsafe lws_client_connect_via_info(&info) {
            unsafe note(wsi)
        } else {
            if libraryReason == nil { libraryReason = loop.lastLibraryError }
            closeOrphans()
            // Still referenced means that lws has not told the end, and will not.
            if unreference() { attemptEnded() }
        }
    }

    override func handle(_ reason: lws_callback_reasons, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int32 {
        switch reason {
        case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
            return unsafe appendHeaders(bytes, count)
        case LWS_CALLBACK_CLIENT_CONFIRM_EXTENSION_SUPPORTED:
            // 0 has lws offer the extension.
            return configuration.compression == nil ? 1 : 0
        case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
            unsafe verified(bytes, isAccepted: count != 0)
        case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
            return answered()
        case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
            let body = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
            unsafe rejectionBody.append(contentsOf: body.prefix(Self.maximumBodyBytes - rejectionBody.count))
        case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
            return filter()
        case LWS_CALLBACK_CLIENT_ESTABLISHED:
            return established()
        case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
            if let bytes = unsafe bytes, count > 0 {
                let text = unsafe UnsafeRawBufferPointer(start: bytes, count: count).prefix { $0 != 0 }
                libraryReason = unsafe String(decoding: text, as: UTF8.self)
            }
        case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
            if libraryReason == nil { libraryReason = "the server did not answer" }
        default:
            break
        }
        return 0
    }

    override func ended() {
        closeOrphans()
        if finish == nil {
            leaveTable()
        } else {
            attemptEnded()
        }
    }

    private func closeOrphans() {
        var known: Set<OpaquePointer> = unsafe []
        for socket in loop.sockets.all {
            if let wsi = unsafe socket.wsi { unsafe known.insert(wsi) }
        }
        unsafe loop.engine?.closeOrphans(except: known)
    }

    // MARK: Handshake

    /// lws has written its part of the request and lets us add to it: `bytes` is a pointer to the write pointer.
    private func appendHeaders(_ bytes: UnsafeMutableRawPointer?, _ room: Int) -> Int32 {
        guard let bytes = unsafe bytes else { return 0 }
        isHandshaking = true
        addressDeadline = .max
        deadline = loop.now + configuration.limits.handshakeTimeout.milliseconds
        loop.schedule(self, at: deadline)
        // The origin is among ours: lws would put a scheme before it, and cut it.
        var text = configuration.origin.map { "Origin: \($0)\r\n" } ?? ""
        for field in configuration.headerFields { text += "\(field.name.rawName): \(field.value)\r\n" }
        guard text.utf8.count + 8 < room else {
            failure = WebSocketError(
                .invalidConfiguration,
                "The header fields do not fit: \(room) bytes are left for them."
            )
            return -1
        }
        let cursor = unsafe bytes.assumingMemoryBound(to: UnsafeMutablePointer<UInt8>.self)
        for byte in text.utf8 {
            unsafe cursor.pointee.pointee = byte
            unsafe cursor.pointee += 1
        }
        return 0
    }

    /// OpenSSL's verdict on the server's certificate; lws before 4.3 tells nobody else (lws-callbacks.h).
    private func verified(_ store: UnsafeMutableRawPointer?, isAccepted: Bool) {
        guard !isAccepted, let store = unsafe store else { return }
        let code = unsafe X509_STORE_CTX_get_error(OpaquePointer(store))
        certificateProblem = unsafe String(cString: X509_verify_cert_error_string(Int(code)))
    }

    /// The server's answer is here. Any other status than 101 is a refusal, whose body may tell why.
    private func answered() -> Int32 {
        guard let wsi = unsafe wsi else { return -1 }
        let status = unsafe Int(lws_http_client_http_response(wsi))
        guard status != 101 else { return unsafe negotiate(LibraryRequestHead(wsi)[WSI_TOKEN_EXTENSIONS]) }
        rejectionStatus = status
        var buffer = [CChar](repeating: 0, count: Self.maximumBodyBytes)
        unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            var pointer = buffer.baseAddress
            var count = Int32(buffer.count)
            // Calls back with what has arrived; there may be nothing yet.
            _ = unsafe lws_http_client_read(wsi, &pointer, &count)
        }
        return -1
    }

    /// Checks what the server chose of the extensions, before lws does, which takes whatever names one that it knows, and
    /// counts on there being one (lib/roles/ws/client-ws.c, `lws_client_ws_upgrade`).
    private func negotiate(_ answer: String?) -> Int32 {
        do throws(DeflateNegotiation.InvalidAnswer) {
            guard let answer else { return 0 }
            guard configuration.compression != nil else {
                throw DeflateNegotiation.InvalidAnswer(reason: "it chose an extension, and none was offered")
            }
            guard let elements = ExtensionList.parse(answer) else {
                throw DeflateNegotiation.InvalidAnswer(reason: "its Sec-WebSocket-Extensions field is malformed")
            }
            compression = try DeflateNegotiation.agree(to: elements)
            return 0
        } catch {
            failure = WebSocketError(
                .invalidHandshake,
                "The answer of the server at \(target.authority) is not valid: \(error.reason)."
            )
            return -1
        }
    }

    /// lws has checked the answer; the subprotocol is checked again since it compares only beginnings.
    private func filter() -> Int32 {
        guard let wsi = unsafe wsi else { return -1 }
        subprotocol = unsafe LibraryRequestHead(wsi)[WSI_TOKEN_PROTOCOL]
        if let subprotocol, !configuration.subprotocols.contains(subprotocol) {
            failure = WebSocketError(
                .invalidHandshake,
                "The server chose the subprotocol \"\(subprotocol)\", which was not offered."
            )
            return -1
        }
        return 0
    }

    private func established() -> Int32 {
        let split = target.resource.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let address: SocketAddress? =
            switch target.destination {
            case .tcp: tried.last?.socketAddress
            case .unix(let path): SocketAddress(unixPath: path)
            }
        let connection = ConnectionCore(
            loop,
            role: .client,
            handshake: Handshake(
                path: String(split[0]),
                query: split.count > 1 ? String(split[1]) : "",
                subprotocol: subprotocol,
                compression: compression,
                remoteAddress: address
            ),
            settings: ConnectionSettings(
                limits: configuration.limits,
                compression: configuration.compression,
                logger: loop.logger
            ),
            owner: nil
        )
        let finish = finish
        self.finish = nil
        handOver(to: connection)
        connection.open()
        let handle = LoopConnection(core: connection)
        onConnection(handle)
        finish?(.success(handle.connection))
        return 0
    }

    // MARK: Failure

    private func attemptEnded() {
        guard finish != nil else { return }
        if isHandshaking || failure != nil || certificateProblem != nil || rejectionStatus != nil {
            explain()
        } else {
            tryNext()
        }
    }

    /// Says what went wrong. lws' own words are too general to tell a refused connection from an unreachable host, so the
    /// system is asked once more, off the loop.
    private func explain() {
        let place = target.authority
        if let failure { return fail(failure) }
        if let rejectionStatus {
            let body = String(decoding: rejectionBody, as: UTF8.self)
            let hint = body.isEmpty ? "" : ": \(body.prefix(200))"
            return fail(
                WebSocketError(
                    .handshakeRejected,
                    "The server at \(place) refused the handshake with status \(rejectionStatus)\(hint)",
                    rejection: .init(status: rejectionStatus, bodyPrefix: body)
                )
            )
        }
        if let certificateProblem {
            return fail(WebSocketError(.tls, "The certificate of \(place) is not accepted: \(certificateProblem)."))
        }
        let reason = libraryReason ?? loop.lastLibraryError ?? "the connection was lost"
        if isHandshaking {
            let hint =
                switch (target.isSecure, configuration.tls.identity) {
                case (false, _): "It may expect TLS (wss), or be no WebSocket server."
                case (true, nil): "It may ask for a client certificate, or be no WebSocket server."
                case (true, _): "It may not accept the client certificate, or be no WebSocket server."
                }
            let message = "The server at \(place) gave no valid WebSocket handshake: \(reason). \(hint)"
            return fail(WebSocketError(.invalidHandshake, message))
        }
        let target = target
        let addresses = tried
        DispatchQueue.global().async {
            let error = ConnectDiagnosis.explain(target, addresses, libraryReason: reason)
            self.loop.execute { self.fail(error) }
        }
    }

    private func fail(_ error: WebSocketError) {
        finish?(.failure(error))
        finish = nil
        if unsafe wsi != nil { kill() } else { leaveTable() }
    }

    func cancel() {
        fail(.cancelled)
    }

    override func loopShutsDown() {
        fail(.loopStopped)
    }

    override func deadlineReached(_ now: UInt64) -> UInt64? {
        guard finish != nil else { return nil }
        if now >= deadline {
            let what = isHandshaking ? "did not answer the handshake" : "could not be connected to"
            fail(WebSocketError(.timedOut, "The server at \(target.authority) \(what) in time."))
            return nil
        }
        if now >= addressDeadline {
            addressDeadline = .max
            kill()
        }
        return min(deadline, addressDeadline)
    }
}
