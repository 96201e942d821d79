internal import CLibWebSockets
internal import Glibc

/// One socket of a dial, from `connect` to the server's answer: first the way through a proxy if there is one, then TLS if the
/// URL wants it, then the request and the head of its answer.
///
/// The dial has the deadlines, and decides what becomes of the results. Confined to the loop's thread.
final class DialSocket: StreamSocket {
    /// How far the socket has come.
    enum Stage {
        case connecting
        case tunneling
        case securing
        case asking
        case refused
    }

    private(set) var stage = Stage.connecting
    let address: ResolvedAddress
    /// nil once the dial has what it wanted to know, or has given up.
    private var dial: ClientDial?
    /// Owned by lws once it was adopted.
    private var descriptor: Int32 = -1

    private var tunnel: ProxyTunnel?
    private var parser = ResponseParser()
    private var refusal: (head: ResponseHead, body: ResponseBody)?

    init(_ dial: ClientDial, _ address: ResolvedAddress) {
        self.dial = dial
        self.address = address
        super.init(dial.loop)
    }

    // MARK: Connecting

    /// Starts connecting; an errno when that has failed already.
    func connect() -> Int32? {
        let descriptor = SystemSocket.open(family: address.family)
        guard descriptor >= 0 else { return giveUp(errno) }
        if address.family != AF_UNIX { SystemSocket.setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
        let result = unsafe address.withSockaddr { unsafe Glibc.connect(descriptor, $0, $1) }
        // A signal does not keep it from going on.
        guard result == 0 || errno == EINPROGRESS || errno == EINTR else {
            let number = errno
            close(descriptor)
            return giveUp(number)
        }
        // lws closes the descriptor if it cannot take it.
        guard let vhost = unsafe loop.streamVhost() else {
            close(descriptor)
            return giveUp(ENOMEM)
        }
        guard
            let wsi = unsafe lws_adopt_descriptor_vhost(
                vhost,
                LWS_ADOPT_SOCKET,
                lws_sock_file_fd_type(sockfd: descriptor),
                ProtocolTable.baseName,
                nil
            )
        else { return giveUp(ENOMEM) }
        self.descriptor = descriptor
        unsafe attach(wsi)
        // lws would read from a socket that has failed, which takes the errno away. What it says instead is that the socket
        // can be written to, or, when poll reports an error, that it has ended.
        pauseReading()
        requestWritable()
        return nil
    }

    private func giveUp(_ number: Int32) -> Int32 {
        dial = nil
        leaveTable()
        return number
    }

    /// What has become of `connect` (connect(2), EINPROGRESS).
    private var connectResult: Int32 {
        var number: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
        return number
    }

    override func becameWritable() {
        guard stage == .connecting, let dial else { return }
        let number = isConnectedToItself ? ECONNREFUSED : connectResult
        guard number == 0 else { return fail(number) }
        dial.connected(self)
    }

    /// Where nobody listens on a port that the system may also choose for a client, it can choose that one, and the socket
    /// meets itself (RFC 9293 section 3.5, simultaneous open).
    private var isConnectedToItself: Bool {
        guard address.family != AF_UNIX, let own = SystemSocket.address(of: descriptor) else { return false }
        return own == address.socketAddress
    }

    private func fail(_ number: Int32) {
        let dial = dial
        abandon()
        dial?.failed(self, number)
    }

    /// The dial has no use for the socket any more.
    func abandon() {
        dial = nil
        end()
    }

    // MARK: Talking

    /// Goes on with what comes after connecting.
    func proceed(through tunnel: ProxyTunnel?) {
        self.tunnel = tunnel
        resumeReading()
        guard let tunnel else { return secure() }
        stage = .tunneling
        send(tunnel.request)
    }

    private func secure() {
        guard let dial else { return }
        guard let (context, host, port) = dial.tls else { return ask() }
        stage = .securing
        secure(context, hostName: host, port: port)
    }

    override func becameSecure() {
        ask()
    }

    private func ask() {
        guard let dial else { return }
        stage = .asking
        dial.answerIsAwaited()
        send(dial.request)
    }

    private func send(_ bytes: [UInt8]) {
        // Of what is not taken now lws keeps the rest; that the stream is broken it tells itself.
        _ = unsafe bytes.withUnsafeBytes { unsafe write($0) }
    }

    override func received(_ bytes: UnsafeMutableRawBufferPointer) {
        let bytes = UnsafeRawBufferPointer(bytes)
        switch stage {
        case .tunneling: unsafe receiveTunnel(bytes)
        case .asking: unsafe receiveAnswer(bytes)
        case .refused: unsafe receiveBody(bytes)
        case .connecting, .securing: break
        }
    }

    private func receiveTunnel(_ bytes: UnsafeRawBufferPointer) {
        guard let dial, let tunnel else { return }
        do throws(MalformedResponse) {
            guard let (head, count) = try unsafe parser.read(bytes) else { return }
            if let refusal = tunnel.refusal(head) { return dial.fail(refusal) }
            // In both protocols behind the tunnel the client speaks first.
            guard count == bytes.count else { throw MalformedResponse(reason: "more came than was asked for") }
            parser = ResponseParser()
            secure()
        } catch {
            dial.fail(dial.because.tunneling(error.reason))
        }
    }

    private func receiveAnswer(_ bytes: UnsafeRawBufferPointer) {
        guard let dial else { return }
        do throws(MalformedResponse) {
            guard let (head, count) = try unsafe parser.read(bytes) else { return }
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[count...])
            do throws(MalformedResponse) {
                guard try dial.accepts(head) else { return unsafe refused(head, rest) }
            } catch {
                return dial.fail(dial.because.invalid(error.reason))
            }
            self.dial = nil
            dial.opened(self, early: unsafe Array(rest))
        } catch {
            dial.fail(dial.because.unanswered(error.reason, showsCertificate: dial.showsCertificate))
        }
    }

    private func refused(_ head: ResponseHead, _ rest: UnsafeRawBufferPointer) {
        guard let dial, !dial.follows(head) else { return }
        stage = .refused
        refusal = (head, ResponseBody(of: head))
        dial.refusalBegins()
        unsafe receiveBody(rest)
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) {
        unsafe refusal?.body.append(bytes)
        if refusal?.body.isComplete == true { tellRefusal() }
    }

    /// Tells the dial of the refusal with as much of its body as has come.
    func tellRefusal() {
        guard let dial, let refusal else { return }
        dial.fail(dial.because.refused(refusal.head, body: refusal.body.beginning))
    }

    // MARK: The end

    override func transportEnded() {
        guard let dial else { return }
        let lost = "the connection was lost"
        switch stage {
        case .connecting:
            // Not closed yet: lws does that after it has told.
            let number = connectResult
            fail(number == 0 ? ECONNRESET : number)
        case .tunneling:
            dial.fail(dial.because.tunneling(lost))
        case .securing:
            dial.fail(tlsFailure.map { dial.because.tls($0) } ?? dial.because.tls(lost))
        case .asking:
            // With TLS 1.3 a server looks at the client's certificate when the client has finished already.
            let error =
                tlsFailure.map { dial.because.tls($0) }
                ?? dial.because.unanswered(lost, showsCertificate: dial.showsCertificate)
            dial.fail(error)
        case .refused:
            tellRefusal()
        }
    }
}
