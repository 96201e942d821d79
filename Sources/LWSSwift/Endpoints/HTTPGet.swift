internal import HTTPTypes

/// One `GET` request, whose answer is told whatever it is: for those who look after a server.
package enum HTTPGet {
    package struct Answer: Sendable, Hashable {
        package let status: Int
        /// The beginning of the body, of at most 1,024 bytes.
        package let text: String
    }

    /// Connects, asks and closes.
    ///
    /// - Parameters:
    ///   - target: where to. Neither are redirects followed, nor proxies used.
    ///   - timeout: for connecting, and then for the whole answer.
    /// - Throws: why there is no answer. Cancelling the task ends the attempt.
    package static func answer(
        from target: ClientURL,
        tls: TLSClientConfiguration = TLSClientConfiguration(),
        timeout: Duration,
        on loop: ServiceLoop
    ) async throws(WebSocketError) -> Answer {
        let settings = DialSettings(
            headerFields: [:],
            proxy: .none,
            maximumRedirects: 0,
            connectTimeout: timeout,
            answerTimeout: timeout,
            tls: tls
        )
        try settings.validate()
        return try await ClientDial.dial(target, on: loop) { HTTPGetDial(loop, settings, $0) }
    }
}

/// Dials for any answer.
private final class HTTPGetDial: DialPurpose {
    private let loop: ServiceLoop
    let settings: DialSettings
    private let tell: (Result<HTTPGet.Answer, WebSocketError>) -> Void
    private var head: ResponseHead?

    init(
        _ loop: ServiceLoop,
        _ settings: DialSettings,
        _ tell: @escaping (Result<HTTPGet.Answer, WebSocketError>) -> Void
    ) {
        self.loop = loop
        self.settings = settings
        self.tell = tell
    }

    var wanted: DialFailure.Wanted { .answer }

    func request(to target: ClientURL, _ fields: HTTPFields) -> [UInt8] {
        Array("GET \(target.resource) HTTP/1.1\r\nHost: \(target.authority)\r\nConnection: close\r\n\r\n".utf8)
    }

    func accepts(_ head: ResponseHead) -> Bool {
        self.head = head
        return true
    }

    func take(over socket: DialSocket, of target: ClientURL, early: [UInt8]) {
        guard let head else { preconditionFailure("A body begins without an answer.") }
        let reader = HTTPGetSocket(loop, head, tell)
        socket.handOver(to: reader)
        reader.begin(early: early, timeout: settings.answerTimeout)
    }

    func fail(_ error: WebSocketError) {
        tell(.failure(error))
    }
}

/// Reads what is wanted of the body. What is missing of it when the connection or the time ends is not waited for: the status
/// is what counts.
private final class HTTPGetSocket: StreamSocket {
    private let status: Int
    private var body: ResponseBody
    /// nil once it was called.
    private var tell: ((Result<HTTPGet.Answer, WebSocketError>) -> Void)?

    init(
        _ loop: ServiceLoop,
        _ head: ResponseHead,
        _ tell: @escaping (Result<HTTPGet.Answer, WebSocketError>) -> Void
    ) {
        status = head.status
        body = ResponseBody(of: head)
        self.tell = tell
        super.init(loop)
    }

    func begin(early: [UInt8], timeout: Duration) {
        loop.schedule(self, at: loop.now + timeout.milliseconds)
        unsafe early.withUnsafeBytes { unsafe read($0) }
    }

    override func received(_ bytes: UnsafeMutableRawBufferPointer) {
        unsafe read(UnsafeRawBufferPointer(bytes))
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        unsafe body.append(bytes)
        if body.isComplete { finish() }
    }

    private func finish() {
        tell?(.success(HTTPGet.Answer(status: status, text: String(decoding: body.beginning, as: UTF8.self))))
        tell = nil
        end()
    }

    override func transportEnded() { finish() }

    override func loopShutsDown() { finish() }

    override func deadlinePassed(_ now: UInt64) -> UInt64? {
        finish()
        return nil
    }
}
