internal import CLibWebSockets
internal import Glibc
internal import HTTPTypes

/// One attempt to connect, whatever for: resolves the name off the loop, has the addresses race, follows redirects when asked
/// to, and ends with a socket that its ``DialPurpose`` takes over, or with the reason why there is none.
///
/// It keeps the deadlines of all of that. Once it has finished, nothing that still happens on its sockets counts. It has no
/// socket of its own; being one of the loop's sockets it has deadlines, and hears of the loop's shutdown.
///
/// Reason for the unchecked conformance: confined to the loop's thread; what is prepared elsewhere is handed over to the loop.
final class ClientDial: LoopSocket, @unchecked Sendable {
    let ticket: Ticket
    private let settings: DialSettings
    private let wanted: DialFailure.Wanted
    /// nil once it has been told how it ended.
    private var purpose: (any DialPurpose)?

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
        _ ticket: Ticket,
        _ purpose: any DialPurpose
    ) {
        self.target = target
        self.ticket = ticket
        self.purpose = purpose
        settings = purpose.settings
        wanted = purpose.wanted
        fields = settings.headerFields
        tlsConfiguration = settings.tls
        super.init(loop)
        loop.dials[ObjectIdentifier(ticket)] = self
    }

    var because: DialFailure { DialFailure(target: target, route: route, wanted: wanted) }
    var showsCertificate: Bool { tlsConfiguration.identity != nil }

    // MARK: Resolving

    /// Begins with the target, at first or after a redirect.
    func start() {
        setDeadline(after: settings.connectTimeout)
        do throws(WebSocketError) {
            route = try ProxyRoute.find(for: target, settings.proxy)
        } catch {
            return fail(error)
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
                if self.purpose != nil, self.redirects == attempt { self.begin(prepared) }
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
            fail(error)
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
        if race.isLost { return fail(because.connecting(race.failures)) }
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
        socket.proceed(through: tunnel)
    }

    /// What a connection that is to be encrypted needs; nil for one that is not.
    var tls: (context: TLSContext, host: String, port: Int)? {
        guard let tlsContext, case .tcp(let host, let port) = target.destination else { return nil }
        return (tlsContext, host, port)
    }

    // MARK: The answer

    /// The transport stands: from now on the server's answer is waited for.
    func answerIsAwaited() {
        setDeadline(after: settings.answerTimeout)
    }

    /// Whether an answer is a redirect that is followed.
    func follows(_ head: ResponseHead) -> Bool {
        guard settings.maximumRedirects > 0, Redirect.isRedirect(status: head.status),
            let location = head.fields[.location]
        else { return false }
        guard redirects < settings.maximumRedirects else {
            fail(because.refused(head, body: [], redirects: "it was the last redirect that is followed"))
            return true
        }
        let next: ClientURL
        do throws(MalformedResponse) {
            next = try Redirect.target(from: target, location: location)
        } catch {
            fail(because.refused(head, body: [], redirects: error.reason))
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

    /// The request that is sent now.
    var request: [UInt8] { purpose?.request(to: target, fields) ?? [] }

    /// Whether an answer is the right one.
    func accepts(_ head: ResponseHead) throws(MalformedResponse) -> Bool {
        try purpose?.accepts(head) ?? false
    }

    /// The server agrees: whoever wanted the socket takes it over.
    func opened(_ socket: DialSocket, early: [UInt8]) {
        guard let purpose else { return }
        self.purpose = nil
        sockets = []
        purpose.take(over: socket, of: target, early: early)
        leave()
    }

    // MARK: The end

    /// Tells why there is no connection, once, and lets go of everything.
    func fail(_ error: WebSocketError) {
        guard let purpose else { return }
        self.purpose = nil
        leave()
        purpose.fail(error)
    }

    private func leave() {
        // What is still looked up for it is of no use.
        ticket.cancel()
        letGoOfSockets()
        loop.dials[ObjectIdentifier(ticket)] = nil
        leaveTable()
    }

    private func letGoOfSockets() {
        for socket in sockets { socket.abandon() }
        sockets = []
        winner = nil
        race = nil
    }

    override func loopShutsDown() {
        fail(.loopStopped)
    }

    private func setDeadline(after duration: Duration) {
        deadline = loop.now + duration.milliseconds
        loop.schedule(self, at: deadline)
    }

    override func deadlineReached(_ now: UInt64) -> UInt64? {
        guard purpose != nil else { return nil }
        if now >= deadline {
            winner?.tellRefusal()
            fail(because.late(winner?.stage))
            return nil
        }
        tryAddresses()
        return purpose == nil ? nil : min(deadline, race?.nextDue ?? .max)
    }
}

extension ClientDial {
    /// Dials on a loop, from any task, and returns what the purpose tells; cancelling the task ends the attempt.
    ///
    /// - Parameter makePurpose: called on the loop, with what is to be told at the end.
    static func dial<Value: Sendable>(
        _ target: ClientURL,
        on loop: ServiceLoop,
        for makePurpose:
            @escaping @Sendable (_ tell: @escaping (Result<Value, WebSocketError>) -> Void) -> any DialPurpose
    ) async throws(WebSocketError) -> Value {
        let ticket = Ticket()
        let result: Result<Value, WebSocketError> = await withTaskCancellationHandler {
            await WaitingTask.wait { task in
                let isQueued = loop.submit(
                    .closure {
                        guard !ticket.isCancelled else { return task.finish(.failure(.cancelled)) }
                        guard !loop.isShuttingDown else { return task.finish(.failure(.loopStopped)) }
                        ClientDial(loop, target, ticket, makePurpose { task.finish($0) }).start()
                    }
                )
                if !isQueued { task.finish(.failure(.loopStopped)) }
            }
        } onCancel: {
            ticket.cancel()
            loop.execute { loop.dials[ObjectIdentifier(ticket)]?.fail(.cancelled) }
        }
        return try result.get()
    }
}
