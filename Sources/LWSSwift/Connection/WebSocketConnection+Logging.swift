public import Logging

extension WebSocketConnection {
    /// What names the connection in a log line: `connection-id`, `remote-address` when it is known, and `path`.
    ///
    /// The query of the request is left out, since it may hold secrets. The path is what the peer has sent: a handler of log
    /// lines has to escape it.
    ///
    /// ```swift
    /// logger.info("joined", metadata: connection.loggerMetadata)
    /// ```
    public var loggerMetadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["connection-id": "\(id)", "path": "\(handshake.path)"]
        if let address = handshake.remoteAddress { metadata["remote-address"] = "\(address)" }
        return metadata
    }
}
