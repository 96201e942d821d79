import LWSSwift

/// How members say something once that they gave a key.
extension Channel {
    /// A message that its author gave a key, on its way to its place.
    struct Letter: Sendable {
        let text: WebSocketMessage
        let key: MessageKey
        let envelope: BroadcastEnvelope
        let session: SessionID
        let tag: BroadcastGroup.SessionTag?
        let sender: BroadcastMember
        /// The number of the sender's link.
        let link: UInt64
        /// Who says it.
        let author: Member
        /// Whether it is to be on the disk before it is acknowledged.
        let isDurable: Bool
    }

    /// What became of a letter.
    enum Delivery: Sendable {
        case taken(Receipt, isDuplicate: Bool)
        /// The session goes on in another connection, which is to send it again.
        case elsewhere
        /// It has its place, but the disk did not take it. It may be sent again with its key, and is only stored then.
        case notStored
        /// The cluster has not said in time that it has it: it may be sent again with its key.
        case refused
    }

    /// Sends a message once, however often it comes with its key.
    ///
    /// - Parameter acknowledge: called on the sender's loop behind the message, with what became of it: when it has its place,
    ///   or, for one that is to be on the disk, when it is there.
    func publish(_ letter: Letter, _ acknowledge: @escaping @Sendable (Delivery) -> Void) {
        let connection = letter.sender.subscriber
        group.atHome { [self] in
            if replica != nil { return submit(letter, acknowledge) }
            let link = MemberLink(id: LinkID(node: .alone, number: letter.link), connection: nil)
            let (receipt, isDuplicate): (Receipt, Bool)
            switch state.known(letter.key, in: letter.session, over: link) {
            case .elsewhere: return group.inOrder(on: connection.loop) { acknowledge(.elsewhere) }
            case .sent(let known): (receipt, isDuplicate) = (known, true)
            case .nothing: (receipt, isDuplicate) = (send(letter), false)
            }
            guard letter.isDurable, let archive, receipt.stored == .memory else {
                return group.inOrder(on: connection.loop) {
                    acknowledge(.taken(receipt, isDuplicate: isDuplicate))
                }
            }
            let message = AwaitedMessage(
                receipt: receipt,
                byteCount: letter.text.bytes.count,
                key: state.spentKey(letter.key, of: letter.session)
            )
            whenStored([message], archive) { [self] isStored in
                let stored = receipt.onDisk
                if isStored { state.update(stored, for: letter.key, in: letter.session) }
                let delivery: Delivery = isStored ? .taken(stored, isDuplicate: isDuplicate) : .notStored
                group.inOrder(on: connection.loop) { acknowledge(delivery) }
            }
        }
    }

    /// At home a message has its place at once.
    private func send(_ letter: Letter) -> Receipt {
        group.trySend(
            letter.text,
            in: letter.envelope,
            from: letter.sender,
            includingSender: settings.echoes,
            tag: letter.tag
        )
        let receivers = state.connectedCount - (settings.echoes ? 0 : 1)
        let receipt = Receipt(id: PositionText(group.position), receivers: receivers)
        state.remember(receipt, for: letter.key, in: letter.session)
        if let archive, let key = state.spentKey(letter.key, of: letter.session) { archive.spend(key) }
        // An acknowledgement that waits for the disk is no position.
        wasUsed(isSeen: settings.echoes || !letter.isDurable || archive == nil)
        return receipt
    }
}
