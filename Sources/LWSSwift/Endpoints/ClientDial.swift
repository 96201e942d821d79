internal import CLibWebSockets
internal import Glibc
internal import HTTPTypes

/// One attempt to connect: resolves the name off the loop, has the addresses race, follows redirects when asked to, and ends
/// with a connection or with the reason why there is none.
///
/// It keeps the deadlines of all of that. Once it has finished, nothing that still happens on its sockets counts. It has no
/// socket of its own; being one of the loop's sockets it has deadlines, and hears of the loop's shutdown.
///
/// Reason for the unchecked conformance: confined to the loop's thread; what is prepared elsewhere is handed over to the loop.
final class ClientDial: LoopSocket, @unchecked Sendable {
    typealias Result = Swift.Result<WebSocketConnection, WebSocketError>

    let ticket: Ticket
    private let configuration: WebSocketClient.Configuration
    private let onConnection: @Sendable (LoopConnection) -> Void
    private var tell: ((Result) -> Void)?

    private var target: ClientURL
    private var fields: HTTPFields
    /// Without the certificate of the client once a redirect has led to another origin.
    private var tlsConfiguration: TLSClientConfiguration
    private var route: ProxyRoute?
    private var redirects = 0
    /// When what is under way must be done.
    private var deadline: UInt64 = .max

    /// The addresses while they are tried.
    private var race: AddressRace<ResolvedAddress>?
    private var tlsContext: TLSContext?
    /// Those that connect, or the one that has won.
    private var sockets: [DialSocket] = []
    private var winner: DialSocket?

    /// How long the body of a refusal is waited for, in milliseconds: it only explains.
    private static let bodyMilliseconds: UInt64 = 1_000
    /// After which time a Unix-domain socket whose queue is full is tried again, in milliseconds.
    private static let retryMilliseconds: UInt64 = 100

    init(
        _ loop: ServiceLoop,
        _ target: ClientURL,
        _ configuration: WebSocketClient.Configuration,
        _ ticket: Ticket,
        _ onConnection: @escaping @Sendable (LoopConnection) -> Void,
        _ tell: @escaping (Result) -> Void
    ) {
        self.target = target
        self.configuration = configuration
        self.ticket = ticket
        self.onConnection = onConnection
        self.tell = tell
        fields = configuration.headerFields
        tlsConfiguration = configuration.tls
        super.init(loop)
        loop.dials[ObjectIdentifier(ticket)] = self
    }

    var because: DialFailure { DialFailure(target: target, route: route) }
    var showsCertificate: Bool { tlsConfiguration.identity != nil }

    // MARK: Resolving

    /// Begins with the target, at first or after a redirect.
    func start() {
        setDeadline(after: configuration.connectTimeout)
        do throws(WebSocketError) {
            route = try ProxyRoute.find(for: target, configuration.proxy)
        } catch {
            return finish(.failure(error))
        }
        let attempt = redirects
        let (target, route, tls) = (target, route, target.isSecure ? tlsConfiguration : nil)
        BlockingWork.shared.run { [ticket] in
            // Others may have taken so long that this one has been given up.
            guard !ticket.isCancelled else { return }
            let prepared = Swift.Result { () throws(WebSocketError) in
                try Preparation(target, route, tls)
            }
            self.loop.execute {
                if self.tell != nil, self.redirects == attempt { self.begin(prepared) }
            }
        }
    }

    /// What blocks, and is done off the loop: looking up the name, and reading the files of TLS.
    private struct Preparation: Sendable {
        let addresses: [ResolvedAddress]
        let tlsContext: TLSContext?

        init(_ target: ClientURL, _ route: ProxyRoute?, _ tls: TLSClientConfiguration?) throws(WebSocketError) {
            tlsContext = try tls.map { tls throws(WebSocketError) in try TLSClientContexts.shared.context(for: tls) }
            switch (route, target.destination) {
            case (let route?, _):
                addresses = try NameResolution.resolve(host: route.host, port: route.port, isPassive: false)
            case (nil, .tcp(let host, let port)):
                addresses = try NameResolution.resolve(host: host, port: port, isPassive: false)
            case (nil, .unix(let path)):
                addresses = [try ResolvedAddress(unixPath: path)]
            }
        }
    }

    private func begin(_ prepared: Swift.Result<Preparation, WebSocketError>) {
        switch prepared {
        case .success(let preparation):
            tlsContext = preparation.tlsContext
            race = AddressRace(preparation.addresses)
            tryAddresses()
        case .failure(let error):
            finish(.failure(error))
        }
    }

    // MARK: Connecting

    private func tryAddresses() {
        guard var race else { return }
        let now = loop.now
        while let address = race.next(now) {
            let socket = DialSocket(self, address)
            switch socket.connect() {
            case nil: sockets.append(socket)
            case EAGAIN?: race.postpone(address, until: now + Self.retryMilliseconds)
            case let number?: race.failed(number)
            }
        }
        self.race = race
        if race.isLost { return finish(.failure(because.connecting(race.failures))) }
        if let due = race.nextDue { loop.schedule(self, at: due) }
    }

    /// An address did not answer as it should.
    func failed(_ socket: DialSocket, _ number: Int32) {
        sockets.removeAll { $0 === socket }
        race?.failed(number)
        tryAddresses()
    }

    /// The first address has answered: the others are let go of.
    func connected(_ socket: DialSocket) {
        winner = socket
        for other in sockets where other !== socket { other.abandon() }
        sockets = [socket]
        race = nil
        var tunnel: ProxyTunnel?
        if let route, case .tcp(let host, let port) = target.destination {
            tunnel = ProxyTunnel(route, host: host, port: port)
        }
        let handshake = ClientHandshake(
            target,
            subprotocols: configuration.subprotocols,
            offersCompression: configuration.compression != nil,
            origin: configuration.origin,
            fields: fields
        )
        socket.proceed(through: tunnel, handshake)
    }

    /// What a connection that is to be encrypted needs; nil for one that is not.
    var tls: (context: TLSContext, host: String, port: Int)? {
        guard let tlsContext, case .tcp(let host, let port) = target.destination else { return nil }
        return (tlsContext, host, port)
    }

    // MARK: The handshake

    /// The transport stands: from now on the server's answer is waited for.
    func handshakeBegins() {
        setDeadline(after: configuration.limits.handshakeTimeout)
    }

    /// Whether an answer is a redirect that is followed.
    func follows(_ head: ResponseHead) -> Bool {
        guard configuration.maximumRedirects > 0, Redirect.isRedirect(status: head.status),
            let location = head.fields[.location]
        else { return false }
        guard redirects < configuration.maximumRedirects else {
            finish(.failure(because.refused(head, body: [], redirects: "it was the last redirect that is followed")))
            return true
        }
        let next: ClientURL
        do throws(MalformedResponse) {
            next = try Redirect.target(from: target, location: location)
        } catch {
            finish(.failure(because.refused(head, body: [], redirects: error.reason)))
            return true
        }
        if !next.hasSameOrigin(as: target) {
            for name in Redirect.credentials { fields[name] = nil }
            tlsConfiguration.identity = nil
        }
        letGoOfSockets()
        redirects += 1
        target = next
        start()
        return true
    }

    /// The server refuses.
    func refusalBegins() {
        deadline = min(deadline, loop.now + Self.bodyMilliseconds)
        loop.schedule(self, at: deadline)
    }

    /// The server agrees: the socket becomes a connection.
    func opened(_ socket: DialSocket, _ agreement: ClientHandshake.Agreement, early: [UInt8]) {
        let split = target.resource.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let connection = ConnectionCore(
            loop,
            role: .client,
            handshake: Handshake(
                path: String(split[0]),
                query: split.count > 1 ? String(split[1]) : "",
                subprotocol: agreement.subprotocol,
                compression: agreement.compression,
                remoteAddress: socket.address.socketAddress,
                peerCertificate: socket.tls?.peerCertificate
            ),
            settings: ConnectionSettings(
                limits: configuration.limits,
                compression: configuration.compression,
                logger: loop.logger
            ),
            owner: nil
        )
        sockets = []
        socket.handOver(to: connection)
        connection.open(early: early)
        let handle = LoopConnection(core: connection)
        onConnection(handle)
        finish(.success(handle.connection))
    }

    // MARK: The end

    /// Tells how it ended, once, and lets go of everything.
    func finish(_ result: Result) {
        guard let tell else { return }
        self.tell = nil
        // What is still looked up for it is of no use.
        ticket.cancel()
        letGoOfSockets()
        loop.dials[ObjectIdentifier(ticket)] = nil
        leaveTable()
        tell(result)
    }

    private func letGoOfSockets() {
        for socket in sockets { socket.abandon() }
        sockets = []
        winner = nil
        race = nil
    }

    override func loopShutsDown() {
        finish(.failure(.loopStopped))
    }

    private func setDeadline(after duration: Duration) {
        deadline = loop.now + duration.milliseconds
        loop.schedule(self, at: deadline)
    }

    override func deadlineReached(_ now: UInt64) -> UInt64? {
        guard tell != nil else { return nil }
        if now >= deadline {
            winner?.tellRefusal()
            finish(.failure(because.late(winner?.stage)))
            return nil
        }
        tryAddresses()
        return tell == nil ? nil : min(deadline, race?.nextDue ?? .max)
    }
}
