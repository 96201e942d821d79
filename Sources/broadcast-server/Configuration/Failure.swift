import LWSSwift

/// What ends the program early: one line for people that says what to do, and the exit code.
struct Failure: Error, Equatable {
    let code: ExitCode
    let message: String

    init(_ code: ExitCode, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension Failure {
    /// A failure to listen at `host` and `port`.
    init(_ error: WebSocketError, listeningAt host: String, port: Int) {
        let advice =
            switch error.code {
            case .addressInUse: "Stop the other program, or choose another port with --port (0 picks a free one)."
            case .permissionDenied where port < 1_024:
                "Ports below 1024 need privileges: choose one from 1024 to 65535 with --port."
            case .addressUnavailable, .nameNotFound: "Choose one with --host, such as localhost or 0.0.0.0."
            default: ""
            }
        self.init(ExitCode(error), Self.oneLine("Cannot listen at \(host), port \(port): \(error.message) \(advice)"))
    }

    /// A failure to connect to `url`, perhaps with a token.
    init(_ error: WebSocketError, connectingTo url: ChannelURL, _ token: TokenSource? = nil) {
        let advice =
            switch error.code {
            case .nameNotFound, .unreachable, .timedOut: "Check the URL and the network."
            default: ""
            }
        self.init(ExitCode(error), Self.oneLine("Cannot connect to \(url): \(error.sentence(token)) \(advice)"))
    }

    /// Text on one line without control characters: parts of it come from the command line or from a peer.
    private static func oneLine(_ text: String) -> String {
        EscapedText.escape(text.split(whereSeparator: \.isNewline).joined(separator: " "))
            .trimmingTrailingSpaces()
    }
}

extension ExitCode {
    init(_ error: WebSocketError) {
        self =
            switch error.code {
            case .nameNotFound: .unknownHost
            case .connectionRefused, .unreachable, .timedOut, .proxy, .addressInUse, .addressUnavailable: .unavailable
            case .permissionDenied: .noPermission
            case .tls: .tls
            case .handshakeRejected: AccessRefusal(error.rejection) == nil ? .rejected : .noPermission
            case .invalidHandshake, .closed: .protocolError
            case .invalidURL, .invalidConfiguration: .usage
            case .system: .systemError
            default: .internalError
            }
    }
}

extension String {
    fileprivate func trimmingTrailingSpaces() -> String {
        String(self[...(lastIndex { $0 != " " } ?? startIndex)])
    }
}
