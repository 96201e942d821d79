/// The bounds of one connection: how much memory it may take and how long it may take its time. They hold for both roles.
///
/// An open connection that is idle holds none of the buffers below. One that is as busy as it may be holds at most
/// ``maximumMessageBytes`` for the message under way (and, while a compressed one is inflated, its compressed form, which
/// may be a sixteenth longer), ``inbound`` high mark plus one message of unread messages, and ``maximumQueuedBytes`` plus
/// 68 KiB that were not sent yet, or 132 KiB while a message is streamed.
///
/// Times are longer than zero where nothing else is said, and may be as long as they like. Where connections begin, settings
/// that cannot be meant are refused by name: ``WebSocketError/Code/invalidConfiguration``.
public struct ConnectionLimits: Sendable, Hashable {
    /// Two marks between which a queue rises and falls: at the high one the source is stopped, at the low one it goes on.
    public struct Watermarks: Sendable, Hashable {
        /// In bytes of payload; for outbound messages, bytes with frame headers.
        public var lowBytes: Int
        public var highBytes: Int
        /// In messages; counted for inbound messages only, since many tiny ones weigh more than their bytes.
        public var lowMessages: Int
        public var highMessages: Int

        public init(lowBytes: Int, highBytes: Int, lowMessages: Int = 64, highMessages: Int = 256) {
            self.lowBytes = lowBytes
            self.highBytes = highBytes
            self.lowMessages = lowMessages
            self.highMessages = highMessages
        }
    }

    /// When to ask whether a silent peer is still there.
    public struct Keepalive: Sendable, Hashable {
        /// How long nothing may come from the peer before it is sent a ping.
        public var interval: Duration
        /// How long after that ping has left something must have come, before the connection counts as lost. A peer that
        /// takes bytes meanwhile, so that the ping is on its way to it, is given this time anew; that is looked up four
        /// times in it, so that a peer may live a quarter longer.
        public var timeout: Duration

        public init(interval: Duration = .seconds(25), timeout: Duration = .seconds(10)) {
            self.interval = interval
            self.timeout = timeout
        }
    }

    /// The largest message taken, in bytes after its fragments are put together and inflated; a larger one fails the
    /// connection with 1009 as soon as it is known to be larger. It does not hold for ``WebSocketConnection/pieces``.
    /// Default: 1 MiB.
    public var maximumMessageBytes = 1 << 20
    /// Received messages that nobody has read yet. Above the high mark nothing more is read from the socket, so that TCP
    /// slows the peer down. Default: 256 KiB or 256 messages, on again below 64 KiB and 64 messages.
    public var inbound = Watermarks(lowBytes: 64 << 10, highBytes: 256 << 10)
    /// Messages that were not sent yet. Above the high mark `send` waits. Default: 1 MiB, on again below 256 KiB.
    public var outbound = Watermarks(lowBytes: 256 << 10, highBytes: 1 << 20)
    /// The most bytes that may wait to be sent: `trySend` drops beyond it, `send` throws for one message that could never
    /// fit. Default: 16 MiB.
    public var maximumQueuedBytes = 16 << 20
    /// How long a peer may take from the accepted TCP connection to the end of its opening handshake, TLS included; more
    /// than 60 seconds count as 60.
    public var handshakeTimeout: Duration = .seconds(10)
    /// Pings for peers that are silent; nil for none. Default: after 25 seconds, lost 10 seconds later.
    public var keepalive: Keepalive? = Keepalive()
    /// How long a connection may carry no message in either direction before it is closed with 1001; nil for ever.
    public var idleTimeout: Duration?
    /// How long a message may take from its first byte to its last, before the connection is closed with 1008; nil for
    /// ever. For a message read in pieces it is the time for the next piece. Default: 2 minutes.
    public var messageTimeout: Duration? = .seconds(120)
    /// How long the peer may take to answer a close frame, from when it has left, before the connection is cut; zero cuts at
    /// once. Before it leaves, what was queued goes out, and as long as the peer takes bytes the time begins anew.
    /// Default: 5 seconds.
    public var closeTimeout: Duration = .seconds(5)
    /// How long a peer that takes no bytes at all (one that is slow does not stall), or a reader of ``WebSocketConnection/messages`` that takes no message while
    /// reading is stopped, is waited for: pongs and close frames are not seen in that time. Default: 60 seconds.
    public var stallTimeout: Duration = .seconds(60)

    public init() {}

    /// Refuses settings that cannot be meant or contradict each other.
    func validate() throws(WebSocketError) {
        try SettingRules.require(maximumMessageBytes > 0, "maximumMessageBytes must be positive.")
        try inbound.validate("inbound")
        try outbound.validate("outbound")
        try SettingRules.require(
            maximumQueuedBytes >= outbound.highBytes,
            "maximumQueuedBytes must not be below outbound.highBytes."
        )
        try SettingRules.requirePositive(handshakeTimeout, "handshakeTimeout")
        try SettingRules.requirePositive(keepalive?.interval, "keepalive.interval")
        try SettingRules.requirePositive(keepalive?.timeout, "keepalive.timeout")
        try SettingRules.requirePositive(idleTimeout, "idleTimeout")
        try SettingRules.requirePositive(messageTimeout, "messageTimeout")
        try SettingRules.requireNotNegative(closeTimeout, "closeTimeout")
        try SettingRules.requirePositive(stallTimeout, "stallTimeout")
    }
}

extension ConnectionLimits.Watermarks {
    func validate(_ name: String) throws(WebSocketError) {
        try SettingRules.require(
            0...max(0, highBytes) ~= lowBytes && highBytes >= 0,
            "\(name).lowBytes must not be negative and not exceed \(name).highBytes."
        )
        try SettingRules.require(highMessages > 0, "\(name).highMessages must be positive.")
        try SettingRules.require(
            0...highMessages ~= lowMessages,
            "\(name).lowMessages must not be negative and not exceed \(name).highMessages."
        )
    }
}
