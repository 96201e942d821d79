extension WebSocketClient {
    /// Which proxy a client goes through to a server. It is an HTTP proxy that is asked for a way through (`CONNECT`), for
    /// `ws:` as for `wss:` (RFC 6455 section 4.1).
    public enum Proxy: Sendable, Hashable {
        /// None: connect directly.
        case none
        /// The one that the environment names, as for curl: `https_proxy` or `HTTPS_PROXY` for `wss:`, `http_proxy` for
        /// `ws:`, and `all_proxy` or `ALL_PROXY` for both. An empty variable counts as none.
        ///
        /// `no_proxy` or `NO_PROXY` lists what is reached directly: names with everything beneath them, addresses,
        /// networks such as `10.0.0.0/8`, each with `:port` if it is for that port alone, and `*` for everything. This
        /// machine (`localhost`, `127.0.0.1`, `::1`) is always reached directly.
        case environment
        /// The one at this URL, whatever the destination: `http://user:password@host:port`, with credentials if it asks for
        /// them (Basic, RFC 7617).
        case url(String)
    }
}
