internal import CLibWebSockets
internal import Glibc
internal import HTTPTypes
internal import Logging

/// An accepted socket while it speaks HTTP: its requests are answered one after another, until one of them is the opening
/// handshake that makes it a WebSocket connection.
///
/// Reason for the unchecked conformance: tasks that answer a request hold the reference and go through the loop.
final class HTTPExchange: LoopSocket, @unchecked Sendable {
    private let server: ServerCore
    private let remoteAddress: SocketAddress?

    /// What the socket is doing.
    private enum Phase {
        /// A request head is awaited; for the first one, the TLS handshake too.
        case awaitingRequest
        /// The opening handshake was accepted and lws writes the answer.
        case upgrading(Handshake, Upgrade)
        case readingBody(HTTPServerRequest, keepAlive: Bool)
        /// The handler is at work, in this task.
        case answering(Task<Void, Never>, keepAlive: Bool)
        /// The answer has been written; the next callback of lws ends the request.
        case completing(keepAlive: Bool)
        case ended
    }
    private var phase = Phase.awaitingRequest

    /// What the answer to an accepted opening handshake needs.
    private struct Upgrade {
        /// What it adds to lws' fields.
        var fields: HTTPFields
        /// Which mention of permessage-deflate lws is told to accept; nil to decline all.
        var mention: ExtensionMention?
    }
    private var deadline: UInt64
    /// The part of the answer that is being written.
    private var pending: ArraySlice<UInt8> = []
    /// The end of the answer stands in `pending`.
    private var isLastPart = false
    private var isChunked = false
    private var isHeadRequest = false
    private var partWritten: WaitingTask<Result<Void, WebSocketError>>?
    private var isPaused = false

    /// How often a socket that cannot be read meanwhile is looked at, in milliseconds.
    private static let watchInterval: UInt64 = 500

    init(_ server: ServerCore, remoteAddress: SocketAddress?) {
        self.server = server
        self.remoteAddress = remoteAddress
        deadline = server.loop.now + server.handshakeTimeout
        super.init(server.loop)
        loop.schedule(self, at: deadline)
    }

    override func handle(_ reason: lws_callback_reasons, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int32 {
        switch reason {
        case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return confirmUpgrade()
        case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
            // Only a handshake that was confirmed gets here; anything else would not have been checked.
            if case .upgrading = phase { return 0 }
            return -1
        case LWS_CALLBACK_CONFIRM_EXTENSION_OKAY: return confirmExtension()
        case LWS_CALLBACK_ADD_HEADERS: return unsafe addHeaders(bytes)
        case LWS_CALLBACK_ESTABLISHED: return established()
        case LWS_CALLBACK_HTTP: return request()
        case LWS_CALLBACK_HTTP_BODY: return unsafe body(UnsafeRawBufferPointer(start: bytes, count: count))
        case LWS_CALLBACK_HTTP_BODY_COMPLETION: return bodyComplete()
        case LWS_CALLBACK_HTTP_WRITEABLE: return becameWritable()
        case LWS_CALLBACK_CLOSED_HTTP, LWS_CALLBACK_CLOSED:
            end()
            return 0
        default: return 0
        }
    }

    override func ended() {
        super.ended()
        end()
        server.socketEnded()
    }

    /// An answer that is under way may be finished; the server's deadline ends it otherwise.
    override func loopShutsDown() {
        switch phase {
        case .answering, .completing: break
        case .awaitingRequest, .upgrading, .readingBody, .ended: kill()
        }
    }

    func belongs(to server: ServerCore) -> Bool {
        self.server === server
    }

    private func end() {
        if case .answering(let task, _) = phase { task.cancel() }
        phase = .ended
        finishPart(.failure(.closed(nil)))
        pending = []
    }

    // MARK: Opening handshake

    private func confirmUpgrade() -> Int32 {
        guard let wsi = unsafe wsi else { return -1 }
        let head = unsafe LibraryRequestHead(wsi)
        // For an unknown upgrade lws has freed the header table already and still calls (before 4.3.7): without the field
        // there is nothing to look at, and nothing to answer.
        guard let upgrade = head[WSI_TOKEN_UPGRADE] else { return -1 }
        guard !server.isStopping else {
            return refuse(.init(status: .serviceUnavailable, body: "The server shuts down."))
        }
        guard head.fieldCount <= server.configuration.maximumHeaderFields else {
            return refuse(.init(status: .requestHeaderFieldsTooLarge, body: "Too many header fields."))
        }
        guard server.openConnections < server.configuration.maximumConnections else {
            return refuse(
                .init(status: .serviceUnavailable, headerFields: [.retryAfter: "5"], body: "The server is full.")
            )
        }
        let opening = OpeningHandshake(
            method: head.method,
            version: head.version,
            host: head[WSI_TOKEN_HOST],
            upgrade: upgrade,
            connection: head[WSI_TOKEN_CONNECTION],
            webSocketVersion: head[WSI_TOKEN_VERSION],
            key: head[WSI_TOKEN_KEY],
            subprotocols: head[WSI_TOKEN_PROTOCOL],
            extensions: head[WSI_TOKEN_EXTENSIONS]
        )
        let request: HandshakeRequest
        let offers: OpeningHandshake.Offers
        do throws(OpeningHandshake.Refusal) {
            offers = try opening.validate()
            let fields = head.fields
            guard fields.allSatisfy({ OpeningHandshake.isFieldValue($0.value) }) else {
                throw OpeningHandshake.Refusal(status: .badRequest, body: "A header field has control characters.")
            }
            request = HandshakeRequest(
                path: head.path,
                query: head.query,
                subprotocols: offers.subprotocols,
                remoteAddress: remoteAddress,
                head: head
            )
        } catch {
            return refuse(error)
        }
        let deflate = server.settings.compression == nil ? nil : DeflateNegotiation.accept(offers.extensions)
        let mention = deflate == nil ? nil : opening.extensions.flatMap(ExtensionMention.init)
        return answer(request, server.configuration.handshake(request), deflate, mention)
    }

    private func answer(
        _ request: HandshakeRequest,
        _ response: HandshakeResponse,
        _ deflate: DeflateNegotiation.Acceptance?,
        _ mention: ExtensionMention?
    ) -> Int32 {
        switch response.content {
        case .reject(let status, let fields, let body):
            return refuse(.init(status: status, headerFields: fields, body: body))
        case .accept(let subprotocol, var fields, let userInfo):
            if let subprotocol, !request.subprotocols.contains(subprotocol) {
                loop.logger.error(
                    "the handshake hook chose the subprotocol \(subprotocol), which the client does not offer"
                )
                return refuse(.init(status: .internalServerError, body: "The server chose an unknown subprotocol."))
            }
            // What lws looks for in the client's list; see SubprotocolName.
            loop.subprotocolName.set(subprotocol ?? request.subprotocols.first)
            let handshake = Handshake(
                path: request.path,
                query: request.query,
                subprotocol: subprotocol,
                compression: deflate?.agreement,
                remoteAddress: remoteAddress,
                userInfo: userInfo
            )
            fields[.secWebSocketExtensions] = deflate?.answer
            phase = .upgrading(handshake, Upgrade(fields: fields, mention: mention))
            return 0
        }
    }

    /// Answers with a status and has lws end the connection once that is sent.
    private func refuse(_ refusal: OpeningHandshake.Refusal) -> Int32 {
        var fields = refusal.headerFields
        if fields[.contentType] == nil { fields[.contentType] = "text/plain; charset=utf-8" }
        fields[.contentLength] = "\(refusal.body.utf8.count)"
        fields[.connection] = "close"
        write(HTTPHead.bytes(refusal.status, fields) + Array(refusal.body.utf8))
        phase = .ended
        return -1
    }

    private func write(_ bytes: [UInt8]) {
        guard let wsi = unsafe wsi else { return }
        _ = unsafe bytes.withUnsafeBytes { unsafe clws_write_raw_bytes(wsi, $0.baseAddress, $0.count) }
    }

    /// lws asks about one mention of the extension in the client's field: 0 accepts it.
    private func confirmExtension() -> Int32 {
        guard case .upgrading(let handshake, var upgrade) = phase, upgrade.mention != nil else { return 1 }
        let isChosen = upgrade.mention?.isNext() ?? false
        phase = .upgrading(handshake, upgrade)
        return isChosen ? 0 : 1
    }

    /// lws has laid out its answer and lets us add to it: `p` stands behind its last line.
    private func addHeaders(_ argument: UnsafeMutableRawPointer?) -> Int32 {
        guard case .upgrading(let handshake, let upgrade) = phase, let argument = unsafe argument else { return 0 }
        let arguments = unsafe argument.assumingMemoryBound(to: lws_process_html_args.self)
        // lws names the extension, without the parameters that were agreed on: the line is among ours.
        if handshake.compression != nil { unsafe remove(DeflateExtension.answerLine, arguments) }
        // lws names the subprotocol it found, also when none was agreed on.
        if handshake.subprotocol == nil {
            unsafe remove("Sec-WebSocket-Protocol: \(loop.subprotocolName.value)\r\n", arguments)
        }
        var text = ""
        for field in upgrade.fields { text += "\(field.name.rawName): \(field.value)\r\n" }
        guard unsafe text.utf8.count + 8 < arguments.pointee.max_len else {
            loop.logger.error("the handshake hook adds more header fields than fit the answer")
            return -1
        }
        for byte in text.utf8 {
            unsafe arguments.pointee.p.pointee = CChar(bitPattern: byte)
            unsafe arguments.pointee.p += 1
        }
        return 0
    }

    /// Takes back a line, if lws wrote it last.
    private func remove(_ line: String, _ arguments: UnsafeMutablePointer<lws_process_html_args>) {
        let start = unsafe arguments.pointee.p - line.utf8.count
        let last = unsafe UnsafeRawBufferPointer(start: start, count: line.utf8.count)
        guard unsafe last.elementsEqual(line.utf8) else { return }
        unsafe arguments.pointee.p = unsafe start
        unsafe arguments.pointee.max_len += Int32(line.utf8.count)
    }

    private func established() -> Int32 {
        guard case .upgrading(let handshake, _) = phase else { return -1 }
        let server = server
        let connection = ConnectionCore(
            loop,
            role: .server,
            handshake: handshake,
            settings: server.settings,
            owner: server
        )
        phase = .ended
        handOver(to: connection)
        connection.open()
        server.connectionOpened(connection)
        return 0
    }

    // MARK: Requests

    private func request() -> Int32 {
        guard let wsi = unsafe wsi else { return -1 }
        let head = unsafe LibraryRequestHead(wsi)
        let version = head.version
        let fields = head.fields
        let connection = OpeningHandshake.tokens(head[WSI_TOKEN_CONNECTION] ?? "").map { $0.lowercased() }
        let keepAlive = version == "HTTP/1.1" && !connection.contains("close")
        guard let method = head.method, version == "HTTP/1.1" || version == "HTTP/1.0" else {
            return refuse(.init(status: .badRequest, body: "The request is malformed."))
        }
        guard version == "HTTP/1.0" || head[WSI_TOKEN_HOST] != nil,
            fields.allSatisfy({ OpeningHandshake.isFieldValue($0.value) })
        else {
            return refuse(.init(status: .badRequest, body: "A header field is missing or malformed."))
        }
        guard fields.count <= server.configuration.maximumHeaderFields else {
            return refuse(.init(status: .requestHeaderFieldsTooLarge, body: "Too many header fields."))
        }
        // lws hands the raw text of a chunked body over, and never says that it ends.
        guard head[WSI_TOKEN_HTTP_TRANSFER_ENCODING] == nil else {
            return refuse(.init(status: .lengthRequired, body: "Send the body with a Content-Length."))
        }
        let query = head.query
        let path = query.isEmpty ? head.path : "\(head.path)?\(query)"
        let request = HTTPServerRequest(
            request: HTTPRequest(
                method: method,
                scheme: server.configuration.tls == nil ? "http" : "https",
                authority: head[WSI_TOKEN_HOST],
                path: path,
                headerFields: fields
            ),
            body: [],
            remoteAddress: remoteAddress
        )
        isHeadRequest = method == .head
        isChunked = version == "HTTP/1.1"
        if let length = head[WSI_TOKEN_HTTP_CONTENT_LENGTH], length != "0" {
            guard let bytes = Int(length), bytes >= 0 else {
                return refuse(.init(status: .badRequest, body: "The Content-Length is malformed."))
            }
            guard bytes <= server.configuration.maximumRequestBodyBytes else {
                return refuse(.init(status: .contentTooLarge, body: "The body is too large."))
            }
            phase = .readingBody(request, keepAlive: keepAlive)
            return 0
        }
        answer(request, keepAlive: keepAlive)
        return 0
    }

    private func body(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard case .readingBody(var request, let keepAlive) = phase else { return 0 }
        guard request.body.count + bytes.count <= server.configuration.maximumRequestBodyBytes else {
            return refuse(.init(status: .contentTooLarge, body: "The body is too large."))
        }
        phase = .awaitingRequest
        unsafe request.body.append(contentsOf: bytes)
        phase = .readingBody(request, keepAlive: keepAlive)
        return 0
    }

    private func bodyComplete() -> Int32 {
        guard case .readingBody(let request, let keepAlive) = phase else { return 0 }
        answer(request, keepAlive: keepAlive)
        return 0
    }

    /// Has the handler answer, in a task on the loop. Nothing is read meanwhile: a request is answered before the next.
    private func answer(_ request: HTTPServerRequest, keepAlive: Bool) {
        pauseReading()
        let handler = server.configuration.http
        let task = Task(executorPreference: loop.taskExecutor) { [self] in
            let response = await handler(request)
            await respond(response, keepAlive: keepAlive)
        }
        phase = .answering(task, keepAlive: keepAlive)
        deadline = loop.now + Self.watchInterval
        loop.schedule(self, at: deadline)
        if let wsi = unsafe wsi { unsafe lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0) }
    }

    // MARK: Answers

    private func respond(_ response: HTTPServerResponse, keepAlive: Bool) async {
        var fields = response.headerFields
        fields[.connection] = keepAlive ? nil : "close"
        do throws(WebSocketError) {
            switch response.body {
            case .bytes(let body):
                // Without a body by definition: these must not say that it is empty (RFC 9110 section 8.6).
                let isBodiless = [.noContent, .notModified].contains(response.status)
                fields[.contentLength] = isBodiless ? nil : "\(body.count)"
                let head = HTTPHead.bytes(response.status, fields)
                try await part(isHeadRequest ? head : head + body, isLast: true)
            case .stream(let stream):
                if isChunked {
                    fields[.transferEncoding] = "chunked"
                } else {
                    fields[.connection] = "close"
                }
                try await part(HTTPHead.bytes(response.status, fields), isLast: isHeadRequest)
                guard !isHeadRequest else { return }
                do {
                    try await stream(HTTPBodyWriter(exchange: self))
                } catch {
                    // The client can tell from the missing last chunk that this is not all.
                    return cutFromTask()
                }
                try await part(isChunked ? Array("0\r\n\r\n".utf8) : [], isLast: true)
            }
        } catch {
            cutFromTask()
        }
    }

    private func cutFromTask() {
        loop.execute { self.kill() }
    }

    /// One piece of a streamed body.
    func write(_ bytes: [UInt8]) async throws(WebSocketError) {
        guard !bytes.isEmpty else { return }
        let framed =
            isChunked ? Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8) : bytes
        try await part(framed, isLast: false)
    }

    /// Writes a part of the answer and waits until lws has taken it.
    private func part(_ bytes: [UInt8], isLast: Bool) async throws(WebSocketError) {
        guard !Task.isCancelled else { throw .cancelled }
        let loop = loop
        let result: Result<Void, WebSocketError> = await WaitingTask.wait { writer in
            let isQueued = loop.submit(.closure { self.begin(bytes, isLast: isLast, writer) })
            if !isQueued { writer.finish(.failure(.loopStopped)) }
        }
        try result.get()
    }

    private func begin(_ bytes: [UInt8], isLast: Bool, _ writer: WaitingTask<Result<Void, WebSocketError>>) {
        guard case .answering = phase, unsafe wsi != nil else { return writer.finish(.failure(.closed(nil))) }
        partWritten = writer
        pending = bytes[...]
        isLastPart = isLast
        deadline = loop.now + server.settings.stallTimeout
        writePending()
    }

    /// Writes until the part is done or the socket is full, and then waits for it.
    private func writePending() {
        guard case .answering(_, let keepAlive) = phase, let wsi = unsafe wsi else { return }
        while unsafe lws_partial_buffered(wsi) == 0, !pending.isEmpty {
            let piece = pending.prefix(ServiceLoop.writeBytes)
            let written = unsafe piece.withUnsafeBytes { unsafe clws_write_raw_bytes(wsi, $0.baseAddress, $0.count) }
            pending = pending.dropFirst(piece.count)
            guard written >= 0 else { return kill() }
            deadline = loop.now + server.settings.stallTimeout
        }
        if unsafe lws_partial_buffered(wsi) != 0 {
            resumeReading()
            guard !mustNotWait() else { return kill() }
            unsafe lws_callback_on_writable(wsi)
            return
        }
        pending = []
        if isLastPart {
            phase = .completing(keepAlive: keepAlive)
            resumeReading()
            unsafe lws_callback_on_writable(wsi)
        } else {
            pauseReading()
        }
        finishPart(.success(()))
    }

    private func finishPart(_ result: Result<Void, WebSocketError>) {
        partWritten?.finish(result)
        partWritten = nil
    }

    private func becameWritable() -> Int32 {
        switch phase {
        case .answering:
            writePending()
            return 0
        case .completing(let keepAlive):
            guard keepAlive, !server.isStopping, let wsi = unsafe wsi else { return -1 }
            phase = .awaitingRequest
            deadline = loop.now + server.handshakeTimeout
            loop.schedule(self, at: deadline)
            return unsafe lws_http_transaction_completed(wsi) != 0 ? -1 : 0
        default:
            return 0
        }
    }

    // MARK: Watching

    /// While an answer is under way lws 4.1 neither reads the socket nor stops polling it: a client that sends more, or
    /// hangs up, would make the thread spin (lib/roles/h1/ops-h1.c, `lws_h1_server_socket_service`). So polling for input
    /// is off while nothing waits to be written; lws wants it on to say that the socket can be written.
    private func pauseReading() {
        guard !isPaused, let wsi = unsafe wsi else { return }
        isPaused = true
        unsafe lws_rx_flow_control(wsi, 0)
    }

    private func resumeReading() {
        guard isPaused, let wsi = unsafe wsi else { return }
        isPaused = false
        unsafe lws_rx_flow_control(wsi, 1)
    }

    /// Whether waiting for the socket would make the thread spin: there is input while the answer does not fit the socket.
    /// Such a client is disconnected, as lws does itself since 4.3.
    private func mustNotWait() -> Bool {
        socketEvents(Int16(POLLIN) | clws_pollrdhup) != 0
    }

    private func socketEvents(_ events: Int16) -> Int16 {
        guard let wsi = unsafe wsi else { return 0 }
        var poll = unsafe pollfd(fd: lws_get_socket_fd(wsi), events: events, revents: 0)
        return unsafe Glibc.poll(&poll, 1, 0) > 0 ? poll.revents : 0
    }

    override func deadlineReached(_ now: UInt64) -> UInt64? {
        switch phase {
        case .answering:
            let isWaiting = !pending.isEmpty || partWritten != nil
            if isWaiting ? (now >= deadline || mustNotWait()) : socketEvents(clws_pollrdhup) != 0 {
                kill()
                return nil
            }
            return now + Self.watchInterval
        case .ended:
            return nil
        case .completing:
            deadline = max(deadline, now + 1)
            return deadline
        case .awaitingRequest, .upgrading, .readingBody:
            guard now >= deadline else { return deadline }
            kill()
            return nil
        }
    }
}
