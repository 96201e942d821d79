internal import CNATS

/// Why something that libnats or a NATS server was asked for did not happen.
struct NATSFault: Error, Equatable, CustomStringConvertible {
    /// `natsStatus`, as libnats numbers it.
    let status: UInt32
    /// JetStream's code of an error of its own; 0 for none.
    let code: UInt32
    /// For people.
    let description: String
}

extension NATSFault {
    init(_ status: natsStatus, _ code: jsErrCode = jsErrCode(0)) {
        var text = unsafe natsStatus_GetText(status).map { unsafe String(cString: $0) } ?? "unknown"
        // What it adds is of this thread's last call.
        var last = NATS_OK
        if let more = unsafe nats_GetLastError(&last), last == status {
            let detail = unsafe String(cString: more)
            if !detail.isEmpty, detail != text { text += ": \(detail)" }
        }
        self.init(status: status.rawValue, code: UInt32(code.rawValue), description: text)
    }

    /// Throws what a call of libnats has returned, unless it has succeeded.
    static func check(_ status: natsStatus, _ code: jsErrCode = jsErrCode(0)) throws(NATSFault) {
        guard status == NATS_OK else { throw NATSFault(status, code) }
    }

    var isNotFound: Bool { status == NATS_NOT_FOUND.rawValue }

    /// Whether the same may succeed later: nobody leads, no answer, no connection, too few servers yet.
    var isTemporary: Bool {
        guard !refusesCertificate else { return false }
        return switch status {
        case NATS_TIMEOUT.rawValue, NATS_NO_RESPONDERS.rawValue, NATS_CONNECTION_DISCONNECTED.rawValue,
            NATS_NO_SERVER.rawValue, NATS_CONNECTION_CLOSED.rawValue, NATS_INSUFFICIENT_BUFFER.rawValue,
            NATS_IO_ERROR.rawValue, NATS_PROTOCOL_ERROR.rawValue:
            true
        default: Self.temporaryCodes.contains(code)
        }
    }

    /// Whether the server does not take the client's certificate, or that there is none, and has said so by an alert of TLS
    /// (RFC 8446 section 6.2).
    var refusesCertificate: Bool {
        description.contains(" alert ") && (description.contains("certificate") || description.contains("unknown ca"))
    }

    /// Whether the server has ended a connection that was just being made. Before 3.8 libnats says so of one that does not take
    /// the client's certificate, too: in TLS 1.3 the alert comes after the handshake, where libnats did not heed it.
    var saysNothing: Bool {
        switch status {
        case NATS_CONNECTION_CLOSED.rawValue: true
        case NATS_PROTOCOL_ERROR.rawValue: description.contains("got ''")
        // The end came while something was written.
        case NATS_IO_ERROR.rawValue: description.contains("SSL_write error: (null)")
        default: false
        }
    }

    /// JetStream's "no suitable peers", "not available", "cluster peer not a member", and "no quorum".
    private static let temporaryCodes: Set<UInt32> = [10_005, 10_008, 10_009, 10_040]
    /// JetStream's "replicas > 1 not supported in non-clustered mode".
    var saysNoReplicas: Bool { code == 10_074 }
    /// JetStream's "stream name already in use".
    var saysNameInUse: Bool { code == 10_058 }
}
