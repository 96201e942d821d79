public import HTTPTypes

extension EventStream {
    /// Settings of a stream.
    public struct Configuration: Sendable {
        /// The id to begin behind, as an earlier stream had it with its last event; empty for none.
        public var lastEventID = ""
        /// Further header fields of the requests, such as `Authorization`; at most 16 KiB, and none that the requests set
        /// themselves.
        public var headerFields: HTTPFields = [:]
        /// Makes header fields for one connection, besides ``headerFields``, under the same rules: an `Authorization`, say,
        /// whose token is another one by then. Called by the task that connects, before each connection; what it throws is
        /// how that attempt has failed. Default: none.
        public var fieldsForConnection: (@Sendable () throws(WebSocketError) -> HTTPFields)?
        /// The proxy to go through. Default: the one that the environment names for the URL, if any.
        public var proxy = WebSocketClient.Proxy.environment
        /// How many redirects are followed for each connection, 0 to 20; see
        /// ``WebSocketClient/Configuration/maximumRedirects``. Default: 0.
        public var maximumRedirects = 0
        /// How long resolving the name, connecting, the way through a proxy, and TLS may take together.
        public var connectTimeout: Duration = .seconds(10)
        /// How long the server may take to answer, from the established transport to the end of the answer's head.
        public var answerTimeout: Duration = .seconds(10)
        /// TLS for `https:`.
        public var tls = TLSClientConfiguration()
        /// The largest event that is taken, in bytes as it was sent; a larger one ends the stream with
        /// ``WebSocketError/Code/messageTooBig``. Default: 1 MiB.
        public var maximumEventBytes = 1 << 20
        /// Events that wait for their reader: above the high marks nothing more is read from the socket until they are down
        /// to the low ones. Up to one read of 32 KiB, and the events in it, come on top. Default: 256 KiB or 256 events.
        public var inbound = ConnectionLimits.Watermarks(lowBytes: 64 << 10, highBytes: 256 << 10)
        /// How long nothing may come, not even a comment, before the connection counts as lost; nil for ever. For servers
        /// that send comments. Default: nil.
        public var silenceTimeout: Duration?
        /// Whether to connect again after a connection has ended. Default: true.
        public var reconnects = true
        /// How long the wait before an attempt may be beyond what the server asks for: 3 seconds when it asks for none, and
        /// 100 ms in the least. Beyond that a random part of this time is waited, or of a shorter one that doubles with each
        /// attempt that fails, so that the clients of a server that restarts do not all come back at once. Default: 30
        /// seconds.
        public var longestBackoff: Duration = .seconds(30)
        /// The statuses after which it is tried again. Any other but 200 ends the stream, as in browsers, 204 in good order.
        /// Default: none.
        public var retriedStatuses: Set<Int> = []
        /// Called by the task that reads, when the stream is interrupted and when it goes on, with the time until the next
        /// attempt.
        public var onInterruption: (@Sendable (Interruption, Duration) -> Void)?

        public init() {}
    }

    /// What happens to a stream between its connections.
    public enum Interruption: Sendable {
        /// The connection has ended: because the server has ended it when there is no error.
        case lost(WebSocketError?)
        /// An attempt to connect again has failed.
        case failed(WebSocketError)
        /// There is a connection again.
        case over
    }
}

extension EventStream.Configuration {
    func validate() throws(WebSocketError) {
        try dialSettings.validate()
        try SettingRules.requirePositive(answerTimeout, "answerTimeout")
        try SettingRules.requirePositive(silenceTimeout, "silenceTimeout")
        try SettingRules.requireNotNegative(longestBackoff, "longestBackoff")
        try SettingRules.require(maximumEventBytes > 0, "maximumEventBytes must be greater than zero.")
        try inbound.validate("inbound")
        try SettingRules.require(
            lastEventID.utf8.count <= EventParser.maximumIDBytes,
            "lastEventID must not be longer than \(EventParser.maximumIDBytes) bytes."
        )
        try SettingRules.require(HTTPField.isValidValue(lastEventID), "lastEventID must be fit for a header field.")
        try validateFields()
    }

    private func validateFields() throws(WebSocketError) {
        if let problem = EventStreamRequest.problem(of: headerFields) {
            throw WebSocketError(.invalidConfiguration, problem)
        }
    }

    /// With the fields that the next connection sends.
    func forConnection() throws(WebSocketError) -> EventStream.Configuration {
        guard let fieldsForConnection else { return self }
        var result = self
        result.headerFields.append(contentsOf: try fieldsForConnection())
        try result.validateFields()
        return result
    }

    var dialSettings: DialSettings {
        DialSettings(
            headerFields: headerFields,
            proxy: proxy,
            maximumRedirects: maximumRedirects,
            connectTimeout: connectTimeout,
            answerTimeout: answerTimeout,
            tls: tls
        )
    }

    /// Whether another attempt makes sense after one that failed: a network that does not work may work later, a server
    /// that says no does not change its mind (HTML standard, section 9.2.3).
    func tries(after error: WebSocketError) -> Bool {
        switch error.code {
        case .connectionRefused, .nameNotFound, .unreachable, .timedOut, .proxy, .invalidHandshake, .tls, .system: true
        case .handshakeRejected: error.rejection.map { retriedStatuses.contains($0.status) } ?? false
        default: false
        }
    }
}
