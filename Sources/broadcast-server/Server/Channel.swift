import LWSSwift

/// The members of one channel, and the order of what they are sent.
final class Channel {
    private struct Listener {
        let connection: LoopConnection
        let form: MemberForm
    }

    private var listeners: [ClientID: Listener] = [:]
    private var lastNumber: UInt64 = 0

    func join(_ id: ClientID, _ connection: LoopConnection, form: MemberForm) {
        listeners[id] = Listener(connection: connection, form: form)
    }

    func leave(_ id: ClientID) {
        listeners[id] = nil
    }

    /// Sends one message to all, or to all but one, and returns its number. Who cannot keep up is let go, rather than being
    /// kept with gaps.
    @discardableResult
    func send(_ message: ChannelMessage, except excluded: ClientID? = nil) -> UInt64 {
        lastNumber += 1
        let recipients = listeners.filter { $0.key != excluded }.values
        for form in MemberForm.allCases {
            let ofThisForm = recipients.filter { $0.form == form }
            guard !ofThisForm.isEmpty, let encoded = message.encoded(as: form, id: lastNumber) else { continue }
            for recipient in ofThisForm { recipient.connection.sendOrClose(encoded) }
        }
        return lastNumber
    }
}

extension LoopConnection {
    /// Sends to a client that is let go when it does not keep up.
    func sendOrClose(_ message: WebSocketMessage) {
        guard trySend(message) == .dropped else { return }
        // Does nothing to one that is closing already.
        close(code: .policyViolation, reason: "Too slow: the messages that wait exceed the limit.")
    }
}
