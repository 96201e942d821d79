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
        switch status {
        case NATS_TIMEOUT.rawValue, NATS_NO_RESPONDERS.rawValue, NATS_CONNECTION_DISCONNECTED.rawValue,
            NATS_NO_SERVER.rawValue, NATS_CONNECTION_CLOSED.rawValue, NATS_INSUFFICIENT_BUFFER.rawValue,
            NATS_IO_ERROR.rawValue, NATS_PROTOCOL_ERROR.rawValue:
            true
        default: Self.temporaryCodes.contains(code)
        }
    }

    /// JetStream's "no suitable peers", "not available", "cluster peer not a member", and "no quorum".
    private static let temporaryCodes: Set<UInt32> = [10_005, 10_008, 10_009, 10_040]
    /// JetStream's "replicas > 1 not supported in non-clustered mode".
    var saysNoReplicas: Bool { code == 10_074 }
    /// JetStream's "stream name already in use".
    var saysNameInUse: Bool { code == 10_058 }
}
