import LWSSwift

/// A member that speaks plain text: what it says goes to its channel as it is, and nothing but what others say comes back.
///
/// Reason for the unchecked conformance: that of ``Participant``.
final class TextGateway: Participant, @unchecked Sendable {
    /// Becomes a member of the channel, at its place in the order.
    static func enter(_ connection: LoopConnection, _ visit: Visit, _ place: Place) {
        let gateway = TextGateway(
            place,
            place.channel.join(connection.subscriber, visit.form, visit.recall.replay)
        )
        gateway.membership.onLoss { gateway.service.log($0, of: gateway) }
        connection.onBorrowedMessage { gateway.receive($0) }
        connection.onClose { gateway.end($0) }
        gateway.heedShared()
        gateway.watchToken()
    }

    private func receive(_ message: BorrowedMessage) {
        guard service.isListening else { return }
        // It has no other way to learn that nothing of it is taken.
        guard rights.contains(.publish) else { return dismiss(.forbidden(.publish)) }
        service.publish(message, by: self)
        count(message)
    }

    override func dismiss(_ fault: AccessFault) {
        membership.subscriber.webSocket?.onLoop.close(code: fault.closeCode, reason: fault.description)
    }
}
