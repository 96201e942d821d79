/// What went wrong, as an open code and a sentence that says what happened and, where it can, what to do.
public struct WebSocketError: Error, Sendable {
    /// The kind of failure: an open set, so that a newer version may add to it without breaking a `switch`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private let name: String

        private init(_ name: String) {
            self.name = name
        }

        public var description: String { name }

        /// The connection is closing or closed; ``WebSocketError/close`` says how it ended, once it has.
        public static let closed = Code("closed")
        /// The task was cancelled before the operation took effect.
        public static let cancelled = Code("cancelled")
        /// Nothing listens at the address.
        public static let connectionRefused = Code("connectionRefused")
        /// The host name could not be resolved.
        public static let nameNotFound = Code("nameNotFound")
        /// There is no route to the host, or the connection was lost before it was open.
        public static let unreachable = Code("unreachable")
        /// Connecting, or the opening handshake, took longer than its limit.
        public static let timedOut = Code("timedOut")
        /// The TLS handshake failed, or a certificate or key could not be used.
        public static let tls = Code("tls")
        /// The proxy cannot be used, or refused to connect to the server, perhaps for want of credentials.
        public static let proxy = Code("proxy")
        /// The server answered the opening handshake with another status than 101, or a request for events with something
        /// else than events; see ``WebSocketError/rejection``.
        public static let handshakeRejected = Code("handshakeRejected")
        /// The server's answer to the opening handshake breaks RFC 6455 section 4.1, or is not one of HTTP.
        public static let invalidHandshake = Code("invalidHandshake")
        /// The URL is not one of `ws:`, `wss:` or `ws+unix:`; for events, of `http:`, `https:` or `http+unix:` either.
        public static let invalidURL = Code("invalidURL")
        /// Another socket listens on the port or path already.
        public static let addressInUse = Code("addressInUse")
        /// The address is not one of this machine's.
        public static let addressUnavailable = Code("addressUnavailable")
        /// The system does not let this user do that, such as listening on a port below 1024.
        public static let permissionDenied = Code("permissionDenied")
        /// A setting cannot be used.
        public static let invalidConfiguration = Code("invalidConfiguration")
        /// The message is larger than the outbound queue may ever hold, or an event larger than it may be.
        public static let messageTooBig = Code("messageTooBig")
        /// The service loop has been shut down.
        public static let loopStopped = Code("loopStopped")
        /// The libwebsockets at run time lacks something that is needed.
        public static let unsupportedLibrary = Code("unsupportedLibrary")
        /// The system refused for another reason, which the message names.
        public static let system = Code("system")
    }

    /// A server's refusal of the opening handshake.
    public struct Rejection: Sendable, Hashable {
        /// The HTTP status, such as 403.
        public let status: Int
        /// The first part of the body as text, at most 1,024 bytes; empty when there was none.
        public let bodyPrefix: String
        /// The `Location` field, where the server sends the client instead.
        public let location: String?
        /// The `WWW-Authenticate` fields, which say what would be accepted, with commas between them (RFC 9110 section
        /// 11.6.1).
        public let challenge: String?

        public init(status: Int, bodyPrefix: String, location: String? = nil, challenge: String? = nil) {
            self.status = status
            self.bodyPrefix = bodyPrefix
            self.location = location
            self.challenge = challenge
        }
    }

    public let code: Code
    /// One sentence for people: what happened and what to do.
    public let message: String
    /// How the connection ended, for ``Code/closed``.
    public let close: WebSocketClose?
    /// What the server answered, for ``Code/handshakeRejected``.
    public let rejection: Rejection?

    public init(_ code: Code, _ message: String, close: WebSocketClose? = nil, rejection: Rejection? = nil) {
        self.code = code
        self.message = message
        self.close = close
        self.rejection = rejection
    }

    static func closed(_ close: WebSocketClose?) -> WebSocketError {
        let how = close.map { ": \($0)" } ?? ""
        return WebSocketError(.closed, "The connection is closed\(how).", close: close)
    }

    static let cancelled = WebSocketError(.cancelled, "The task was cancelled.")
    static let loopStopped = WebSocketError(.loopStopped, "The service loop has been shut down; start another one.")
}

extension WebSocketError: CustomStringConvertible {
    public var description: String { message }
}
