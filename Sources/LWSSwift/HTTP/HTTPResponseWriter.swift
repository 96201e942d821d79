internal import HTTPTypes
internal import Logging

/// One answer on a connection, from its head to the last byte of its body.
///
/// It is the only way to write on a connection while the answer is under way, and no way at all before and afterwards: what
/// outlives its answer cannot write into the next. Parts of it go out in the order in which they were given, each when those
/// before it have left.
///
/// Reason for the unchecked conformance: it is confined to the loop's thread, where `write` hops to.
final class HTTPResponseWriter: @unchecked Sendable {
    private struct Part {
        var bytes: ArraySlice<UInt8>
        let isLast: Bool
        /// Who waits until it has left.
        let waiter: WaitingTask<Result<Void, WebSocketError>>?
    }

    private let loop: ServiceLoop
    private let isHead: Bool
    private let isHTTP11: Bool
    private let keepsConnection: Bool

    // MARK: Confined to the loop's thread

    /// nil when the answer is over.
    private var connection: HTTPServerConnection?
    private var framing: ResponseFraming?
    private var parts: [Part] = []
    /// The last part is among those given.
    private var isComplete = false

    init(_ connection: HTTPServerConnection, _ head: RequestHead, keepsConnection: Bool) {
        self.connection = connection
        self.keepsConnection = keepsConnection
        loop = connection.loop
        isHead = head.isMethod("HEAD")
        isHTTP11 = head.isHTTP11
    }

    /// Whether there is something that the client has not taken yet.
    var isWaitingForPeer: Bool { !parts.isEmpty }

    // MARK: The answer

    /// Writes the answer that a handler gives. Runs on the loop, as the tasks of handlers do that prefer it; after the
    /// loop's end there is nobody to answer.
    func respond(with response: HTTPServerResponse) async {
        guard loop.isOnThread, connection != nil else { return }
        guard response.status.code >= 200 else {
            loop.logger.error("the HTTP handler answered with \(response.status), which is no final answer")
            let status = HTTPResponse.Status.internalServerError
            return begin(status, [:], body: Array("The server has no answer.\n".utf8))
        }
        switch response.body {
        case .bytes(let body): begin(response.status, response.headerFields, body: body)
        case .stream(let stream):
            let framing = begin(response.status, count: nil)
            enqueue(framing.head(response.status, response.headerFields)[...], isLast: !framing.hasContent)
            guard framing.hasContent else { return }
            do {
                try await stream(HTTPBodyWriter(writer: self))
            } catch {
                // The client can tell from the missing end that this is not all.
                return abandon()
            }
            if loop.isOnThread { enqueue(framing.end[...], isLast: true) }
        case .events(let onOpen): respond(response, withEvents: onOpen)
        }
    }

    /// The body has no end but that of the connection, which is handed over.
    private func respond(
        _ response: HTTPServerResponse,
        withEvents onOpen: @escaping @Sendable (EventStreamConnection) -> Void
    ) {
        let framing = ResponseFraming(
            status: response.status,
            count: nil,
            isHead: isHead,
            isHTTP11: false,
            keepsConnection: false
        )
        let head = framing.head(response.status, response.headerFields)
        guard !isHead else {
            self.framing = framing
            connection?.beganAnswer(response.status)
            return enqueue(head[...], isLast: true)
        }
        let connection = connection
        self.connection = nil
        isComplete = true
        connection?.openEventStream(head: head, onOpen)
    }

    private func begin(_ status: HTTPResponse.Status, count: Int?) -> ResponseFraming {
        let framing = ResponseFraming(
            status: status,
            count: count,
            isHead: isHead,
            isHTTP11: isHTTP11,
            keepsConnection: keepsConnection
        )
        self.framing = framing
        connection?.beganAnswer(status)
        return framing
    }

    private func begin(_ status: HTTPResponse.Status, _ fields: HTTPFields, body: [UInt8]) {
        let framing = begin(status, count: body.count)
        var first = framing.head(status, fields)
        let body = framing.hasContent ? body[...] : []
        // What fits goes out in one write with the head; more is not copied.
        let beginning = body.prefix(max(0, ServiceLoop.writeBytes - first.count))
        first += beginning
        let rest = body.dropFirst(beginning.count)
        enqueue(first[...], isLast: rest.isEmpty)
        if !rest.isEmpty { enqueue(rest, isLast: true) }
    }

    private func abandon() {
        guard loop.isOnThread, let connection else { return }
        connection.end()
    }

    // MARK: Pieces of a streamed body

    /// Writes a piece and waits until it has left. On any thread.
    func write(_ bytes: [UInt8]) async throws(WebSocketError) {
        guard !Task.isCancelled else { throw .cancelled }
        let loop = loop
        let result: Result<Void, WebSocketError> = await WaitingTask.wait { waiter in
            if loop.isOnThread {
                begin(bytes, waiter)
            } else if !loop.submit(.closure { self.begin(bytes, waiter) }) {
                waiter.finish(.failure(.loopStopped))
            }
        }
        try result.get()
    }

    private func begin(_ bytes: [UInt8], _ waiter: WaitingTask<Result<Void, WebSocketError>>) {
        guard connection != nil, !isComplete, let framing else { return waiter.finish(.failure(Self.over)) }
        let piece = framing.framed(bytes)
        if piece.isEmpty { return waiter.finish(.success(())) }
        enqueue(piece[...], isLast: false, waiter)
    }

    private static let over = WebSocketError(.closed, "The answer is over, or its client has gone.")

    // MARK: Writing

    private func enqueue(
        _ bytes: ArraySlice<UInt8>,
        isLast: Bool,
        _ waiter: WaitingTask<Result<Void, WebSocketError>>? = nil
    ) {
        guard !isComplete else { return }
        isComplete = isLast
        parts.append(Part(bytes: bytes, isLast: isLast, waiter: waiter))
        if parts.count == 1 { pump() }
    }

    /// Writes until the socket is full, or nothing waits.
    func pump() {
        while let connection, let part = parts.first, !connection.isHolding {
            guard !part.bytes.isEmpty else {
                partHasLeft()
                continue
            }
            let piece = part.bytes.prefix(ServiceLoop.writeBytes)
            parts[0].bytes = part.bytes.dropFirst(piece.count)
            switch unsafe piece.withUnsafeBytes({ unsafe connection.write($0) }) {
            case .taken: break
            case .held: connection.outputWaits()
            case .broken: return
            }
        }
    }

    private func partHasLeft() {
        let part = parts.removeFirst()
        part.waiter?.finish(.success(()))
        guard part.isLast, let connection, let framing else { return }
        self.connection = nil
        connection.answered(self, keepsConnection: framing.keepsConnection)
    }

    /// The client has gone, or was cut off.
    func connectionEnded() {
        connection = nil
        let waiters = parts.compactMap(\.waiter)
        parts = []
        for waiter in waiters { waiter.finish(.failure(Self.over)) }
    }
}
