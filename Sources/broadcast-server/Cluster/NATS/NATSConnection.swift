internal import CNATS
import Synchronization

/// A connection to a cluster of NATS servers, which libnats makes again by itself, with other servers, for as long as it is
/// not closed.
///
/// It may be used on any thread. What is published while it is away fails at once: nothing waits within libnats, so that
/// nothing is sent late that its sender has given up. What is asked of one that was closed fails.
@safe
final class NATSConnection: Sendable {
    enum Event: Sendable, Equatable {
        case disconnected(String)
        case reconnected(server: String)
        case closed
        /// Something that needs no answer, such as a server that refuses the credentials while others are tried.
        case trouble(String)
    }

    // Not isolated: libnats locks what it points at, and it lives as long as this object, also when it was closed.
    nonisolated(unsafe) let pointer: OpaquePointer
    /// The largest message that the server takes.
    var maximumPayload: Int { unsafe Int(natsConnection_GetMaxPayload(pointer)) }

    /// What libnats is given to call: it lives until the connection has ended.
    private final class Listener: Sendable {
        let body: @Sendable (Event) -> Void

        init(_ body: @escaping @Sendable (Event) -> Void) {
            self.body = body
        }
    }

    /// Connects; blocks until that has succeeded or failed.
    ///
    /// - Parameter onEvent: called on threads of libnats.
    init(
        _ servers: [String],
        _ access: NATSAccess,
        name: String,
        _ onEvent: @escaping @Sendable (Event) -> Void
    ) throws(NATSFault) {
        let options = try NATSOptions()
        try options.set(servers, access, name: name)
        let listener = unsafe Unmanaged.passRetained(Listener(onEvent))
        var connection: OpaquePointer?
        var status = unsafe options.setHandlers(Self.handlers, listener.toOpaque())
        if status == NATS_OK { status = unsafe natsConnection_Connect(&connection, options.pointer) }
        guard status == NATS_OK, let connection = unsafe connection else {
            // Nobody calls it when there was no connection.
            unsafe listener.release()
            throw NATSFault(status)
        }
        unsafe pointer = connection
    }

    deinit {
        unsafe natsConnection_Destroy(pointer)
    }

    private static let handlers = unsafe NATSOptions.Handlers(
        disconnected: { connection, listener in
            unsafe tell(listener, .disconnected(lastError(connection)))
        },
        reconnected: { connection, listener in
            var buffer = [CChar](repeating: 0, count: 256)
            let size = buffer.count
            unsafe natsConnection_GetConnectedUrl(connection, &buffer, size)
            let url = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            unsafe tell(listener, .reconnected(server: NATSServers.withoutSecrets(url)))
        },
        closed: { _, listener in
            unsafe tell(listener, .closed)
            if let listener = unsafe listener { unsafe Unmanaged<Listener>.fromOpaque(listener).release() }
        },
        trouble: { _, _, status, listener in
            let text = unsafe natsStatus_GetText(status).map { unsafe String(cString: $0) } ?? ""
            unsafe tell(listener, .trouble(text))
        }
    )

    private static func tell(_ listener: UnsafeMutableRawPointer?, _ event: Event) {
        guard let listener = unsafe listener else { return }
        unsafe Unmanaged<Listener>.fromOpaque(listener)._withUnsafeGuaranteedRef { $0.body(event) }
    }

    private static func lastError(_ connection: OpaquePointer?) -> String {
        var text: UnsafePointer<CChar>?
        // The text is libnats' own, which writes it meanwhile; the words of a status never change.
        let status = unsafe natsConnection_GetLastError(connection, &text)
        guard status != NATS_OK, let words = unsafe natsStatus_GetText(status) else { return "the connection was lost" }
        return unsafe String(cString: words)
    }

    /// Ends it for good.
    func close() {
        unsafe natsConnection_Close(pointer)
    }

    /// Whether there is a connection just now.
    var isConnected: Bool { unsafe natsConnection_Status(pointer) == NATS_CONN_STATUS_CONNECTED }

    // MARK: Messages

    /// Sends a message, at once.
    ///
    /// - Parameters:
    ///   - reply: where to answer.
    ///   - id: of one for a stream, which takes it once.
    func publish(
        _ bytes: [UInt8],
        to subject: String,
        reply: String? = nil,
        id: String? = nil
    ) throws(NATSFault) {
        var message: OpaquePointer?
        let count = Int32(bytes.count)
        var status = unsafe bytes.withUnsafeBytes { bytes in
            unsafe natsMsg_Create(
                &message,
                subject,
                reply,
                bytes.assumingMemoryBound(to: CChar.self).baseAddress,
                count
            )
        }
        defer { unsafe natsMsg_Destroy(message) }
        if status == NATS_OK, let id { status = unsafe natsMsgHeader_Set(message, "Nats-Msg-Id", id) }
        if status == NATS_OK { status = unsafe natsConnection_PublishMsg(pointer, message) }
        try NATSFault.check(status)
    }

    /// Has what comes on a subject told on a thread of libnats that is for it alone, for as long as the result lives.
    func subscribe(
        to subject: String,
        _ body: @escaping @Sendable (NATSMessage) -> Void
    ) throws(NATSFault) -> NATSSubscription {
        let listener = unsafe NATSSubscription.retained(NATSSubscription.Listener(body))
        var subscription: OpaquePointer?
        let status = unsafe natsConnection_Subscribe(
            &subscription,
            pointer,
            subject,
            NATSSubscription.handler,
            listener
        )
        guard status == NATS_OK, let subscription = unsafe subscription else {
            unsafe NATSSubscription.release(listener)
            throw NATSFault(status)
        }
        return try unsafe NATSSubscription(subscription, listener)
    }
}
