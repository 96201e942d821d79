/// How the program ends, one code per cause, numbered as in `sysexits.h` (64 to 78), by the shells (above 128), and by
/// `timeout(1)`. A command throws it to end with it, after it has said why.
enum ExitCode: Int32, Error, CaseIterable {
    case success = 0
    case expectationFailed = 1
    case usage = 64
    case badInput = 65
    case unknownHost = 68
    case unavailable = 69
    case internalError = 70
    case systemError = 71
    case cannotCreateFile = 73
    case inputOutput = 74
    case serverWentAway = 75
    case protocolError = 76
    case noPermission = 77
    case badConfiguration = 78
    case tls = 79
    case rejected = 80
    case timedOut = 124
    case hangup = 129
    case interrupted = 130
    case brokenPipe = 141
    case terminated = 143

    /// The cause, as `--help` lists it.
    var cause: String {
        switch self {
        case .success: "left, stopped or closed normally"
        case .expectationFailed: "the messages asked for have come, and none is as expected"
        case .usage: "wrong flag or argument"
        case .badInput: "an input line could not be sent; the state file or the token file cannot be read"
        case .unknownHost: "unknown host name"
        case .unavailable: "address or file in use, server unreachable or lost, messages unsent"
        case .internalError: "unsuitable libwebsockets, or a bug"
        case .systemError: "refused by the operating system"
        case .cannotCreateFile: "log or state file cannot be created"
        case .inputOutput: "standard input or output fails, or writing the state file"
        case .serverWentAway: "the server shut down or asks to try later (1001, 1012, 1013, 41xx, 42xx)"
        case .protocolError: "the server closed with another code, or is no WebSocket server"
        case .noPermission: "not permitted by the operating system, or by the server (401, 403, 4401, 4003)"
        case .badConfiguration: "wrong configuration file or environment variable"
        case .tls: "TLS failed, such as for a certificate"
        case .rejected: "the server refused the handshake, or an order, with another HTTP status"
        case .timedOut: "--timeout has passed"
        case .hangup: "ended by SIGHUP"
        case .interrupted: "ended by SIGINT (Ctrl-C)"
        case .brokenPipe: "nobody reads the standard output any more"
        case .terminated: "ended by SIGTERM"
        }
    }

    /// The section on exit codes of a command's `--help`.
    static func help(_ codes: [ExitCode]) -> String {
        let lines = codes.map { code in
            let number = "\(code.rawValue)"
            return "  \(number)\(String(repeating: " ", count: 5 - number.count))\(code.cause)"
        }
        return "EXIT CODES:\n" + lines.joined(separator: "\n")
    }
}
