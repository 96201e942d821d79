import LWSSwift

/// How those who are no members say something in a channel.
extension Channel {
    /// Sends messages of somebody who is no member, for a use that was begun in the directory and ends with this.
    ///
    /// - Parameter answer: called on the home loop with what became of each message, when they have their places or, for those
    ///   that are to be on the disk, when they are there; or with why not.
    func publish(_ posting: Posting, _ answer: @escaping @Sendable (Result<[Posted], PostingFault>) -> Void) {
        group.atHome { [self] in
            restore()
            if replica != nil {
                return submit(posting) { [self] result in
                    answer(result)
                    directory?.leave(self, isEmpty: isEmpty)
                }
            }
            let result = Result { () throws(PostingFault) in try take(posting) }
            setTimer()
            let end: @Sendable (Result<[Posted], PostingFault>) -> Void = { [self] result in
                answer(result)
                directory?.leave(self, isEmpty: isEmpty)
            }
            guard posting.isDurable, let archive, case .success(let posted) = result else { return end(result) }
            whenStored(awaited(posted, of: posting), archive) { [self] isStored in
                guard isStored else { return end(.failure(.notStored)) }
                let stored = posted.map { Posted(receipt: $0.receipt.onDisk, isDuplicate: $0.isDuplicate) }
                state.publisherKeys.update(stored, of: posting)
                end(.success(stored))
            }
        }
    }

    private func take(_ posting: Posting) throws(PostingFault) -> [Posted] {
        try state.publisherKeys.check(posting)
        return posting.parcels.flatMap { parcel in
            if let receipts = state.publisherKeys.receipts(of: parcel) {
                return receipts.map { Posted(receipt: $0, isDuplicate: true) }
            }
            let receipts = parcel.messages.map(send)
            if let first = receipts.first { remember(first, for: parcel) }
            return receipts.map { Posted(receipt: $0, isDuplicate: false) }
        }
    }

    private func remember(_ first: Receipt, for parcel: Posting.Parcel) {
        state.publisherKeys.remember(first, for: parcel, now: .now, hasRoom: hasRoomForKeys)
        countPublisherKeys()
        if let archive, let key = state.publisherKeys.spentKey(of: parcel) { archive.spend(key) }
    }

    /// What the disk is to have of a posting: a key goes with the first message that came with it.
    private func awaited(_ posted: [Posted], of posting: Posting) -> [AwaitedMessage] {
        var receipts = posted.map(\.receipt).makeIterator()
        return posting.parcels.flatMap { parcel in
            var key = state.publisherKeys.spentKey(of: parcel)
            return parcel.messages.compactMap { message in
                defer { key = nil }
                return receipts.next().map {
                    AwaitedMessage(receipt: $0, byteCount: message.content.bytes.count, key: key)
                }
            }
        }
    }

    /// Whether there may be one key of a publisher more.
    var hasRoomForKeys: Bool { directory?.publisherKeyCount ?? 0 < PublisherKeys.maximumTotal }

    /// Says how many keys there are now, more or less than when it was said last.
    func countPublisherKeys() {
        let count = state.publisherKeys.count
        directory?.publisherKeysChanged(by: count - countedKeys)
        countedKeys = count
    }

    /// What stands around the words of one without a connection here.
    func envelope(of author: Member) -> BroadcastEnvelope {
        publisherEnvelopes.envelope(of: author) {
            Author(member: author, form: settings.envelope, epoch: group.position.epoch).envelope
        }
    }

    private func send(_ message: Posting.Message) -> Receipt {
        group.trySend(message.content, in: envelope(of: Member(id: .ofPublishers, name: message.name)))
        wasUsed(isSeen: message.content.kind == .text)
        return Receipt(id: PositionText(group.position), receivers: state.connectedCount)
    }
}
