import HTTPTypes
import LWSSwift

/// Everything the client is told about where and how to connect, and when to end.
struct ClientSettings: Sendable {
    var url: ChannelURL
    var connection = WebSocketClient.Configuration()
    /// Where the token is from that is shown; nil for none.
    var token: TokenSource?
    var name: String?
    /// The largest message to send, in bytes.
    var maximumMessageBytes = Defaults.maximumMessageBytes
    /// Whether to connect again after a connection was lost.
    var reconnects = true
    var backoff = Backoff()
    /// How long the whole may take; nil for ever.
    var timeout: Duration?
    /// How long a server that agrees on ``ChatProtocol/subprotocol`` may take to welcome the client.
    var welcomeTimeout = Duration.seconds(5)
    var goals = Goals.Settings()
    /// Where to begin in what others say, while there is no state of an earlier run.
    var beginning = Place.Beginning.now
    /// The file that keeps what is to outlive the program; nil for none.
    var stateFile: String?
    /// Whether what is sent are binary messages.
    var isBinary = false

    init(url: ChannelURL, flags: ConnectionFlags) {
        self.url = url
        let endpoint = flags.endpoint
        name = endpoint.name
        reconnects = !endpoint.noReconnect
        timeout = endpoint.timeout?.duration
        stateFile = flags.state
        connection.subprotocols = flags.subprotocol.isEmpty ? [ChatProtocol.subprotocol] : flags.subprotocol
        connection.headerFields = HTTPFields(endpoint.header)
        token = endpoint.token
        connection.origin = endpoint.origin
        connection.proxy = endpoint.route ?? connection.proxy
        let connectTimeout = endpoint.connectTimeout?.duration
        connection.connectTimeout = connectTimeout ?? connection.connectTimeout
        connection.limits.handshakeTimeout = connectTimeout ?? connection.limits.handshakeTimeout
        if let connectTimeout { welcomeTimeout = min(welcomeTimeout, connectTimeout) }
        connection.tls = endpoint.tls.configuration
        if flags.compression == .off { connection.compression = nil }
        if let interval = flags.pingInterval?.duration {
            connection.limits.keepalive = interval == .zero ? nil : .init(interval: interval)
        }
        maximumMessageBytes = endpoint.maxMessage?.bytes ?? Defaults.maximumMessageBytes
        connection.limits.maximumMessageBytes = endpoint.maxMessage?.bytes ?? Defaults.maximumReceivedBytes
        // A message must fit the queue, whatever its size.
        connection.limits.maximumQueuedBytes = max(16 << 20, maximumMessageBytes + (1 << 20))
        // A reader of the output may take its time, such as a pager: the server decides how long that goes on.
        connection.limits.stallTimeout = .seconds(24 * 60 * 60)
    }
}
