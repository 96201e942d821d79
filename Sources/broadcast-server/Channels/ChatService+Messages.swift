import LWSSwift

/// What is said, and what was said before.
extension ChatService {
    /// Says something.
    ///
    /// - Parameter refuse: called on the member's loop when the cluster has not taken it in time.
    func publish(
        _ message: BorrowedMessage,
        by participant: Participant,
        refuse: (@Sendable () -> Void)? = nil
    ) {
        logMessage?(participant.speaker, message)
        guard replication == nil else {
            return participant.channel.submit(message.message, by: participant, refuse: refuse)
        }
        participant.group.trySend(
            message,
            in: participant.envelope,
            from: participant.membership,
            includingSender: settings.echoes,
            tag: participant.seat.sessionTag
        )
        // Members that speak JSON do not see the place of a binary message, and the author none of its own.
        let isSeen = message.kind == .text && (settings.echoes || participant.seat.session == nil)
        participant.channel.wasUsed(isSeen: isSeen)
    }

    /// Says something once, however often it comes with its key.
    ///
    /// - Parameters:
    ///   - isDurable: it is to be on the disk before it is acknowledged, where there is a state directory.
    ///   - acknowledge: called on the member's loop behind the message, with what became of it; not when another connection
    ///     has taken the member's place.
    func publish(
        _ text: WebSocketMessage,
        key: MessageKey,
        isDurable: Bool = false,
        by participant: Participant,
        _ acknowledge: @escaping @Sendable (Channel.Delivery) -> Void
    ) {
        let seat = participant.seat
        guard let session = seat.session else { return publish(text.borrowed, by: participant) }
        let letter = Channel.Letter(
            text: text,
            key: key,
            envelope: participant.envelope,
            session: session,
            tag: seat.sessionTag,
            sender: participant.membership,
            link: participant.link,
            author: seat.member,
            isDurable: isDurable || settings.isDurable
        )
        participant.channel.publish(letter) { [logMessage, counters] delivery in
            switch delivery {
            case .elsewhere: return
            case .taken(_, isDuplicate: false): logMessage?(participant.speaker, text.borrowed)
            case .taken: counters.repeated(1, by: .json)
            case .notStored, .refused: break
            }
            acknowledge(delivery)
        }
    }

    /// Says something in the name of somebody who is no member: all of it, or nothing.
    ///
    /// On one of the loops. It returns when the messages have their places or, if they are to be on the disk and there is a
    /// state directory, when they are there.
    ///
    /// - Parameters:
    ///   - principal: whose share of messages it is, and of channels if there is none of this name.
    ///   - address: of who says it, for the log, as is `trace`.
    /// - Returns: what became of each message, in order.
    func publish(
        _ posting: Posting,
        in name: ChannelName,
        as principal: Principal,
        from address: SocketAddress?,
        _ trace: TraceParent? = nil
    ) async throws(PostingFault) -> [Posted] {
        guard isListening else { throw .stopped }
        let meter = directory.meter(of: name)
        if let wait = limits.judgePosting(posting.amount, principal, channel: meter) { throw .tooFast(wait) }
        let channel: Channel
        do throws(ChannelTable<Channel>.TooManyChannels) {
            channel = try directory.enter(name, by: principal)
        } catch {
            limits.count(error.refusal)
            throw .noRoom(isOfAddress: error.isOfAddress)
        }
        if meter == nil { limits.pay(posting.amount, in: channel.meter) }
        var posting = posting
        posting.isDurable = posting.isDurable || settings.isDurable
        let result = await withCheckedContinuation { [posting] continuation in
            channel.publish(posting) { continuation.resume(returning: $0) }
        }
        let posted = try result.get()
        count(posting, posted)
        // Its answer comes later, as a member that publishes is read from later.
        if channel.group.isCongested { try? await channel.group.waitForMembers() }
        if let logMessage {
            for (message, posted) in zip(posting.parcels.flatMap(\.messages), posted) where !posted.isDuplicate {
                let speaker = Speaker(publisher: message.name, address: address, trace, in: name, logFormat)
                logMessage(speaker, message.content.borrowed)
            }
        }
        return posted
    }

    private func count(_ posting: Posting, _ posted: [Posted]) {
        var amount = MessageAmount()
        for (message, posted) in zip(posting.parcels.flatMap(\.messages), posted) where !posted.isDuplicate {
            amount = amount + MessageAmount(messages: 1, bytes: message.content.bytes.count)
        }
        counters.posted(amount)
        counters.repeated(posted.count - amount.messages, by: .http)
    }

    /// A part of what was said in a channel; nil for one that there is not, in the state directory neither.
    ///
    /// On one of the loops.
    func history(_ fetch: Fetch, of name: ChannelName) async throws(Problem) -> HistoryPage? {
        let channel: Channel
        do throws(ChannelTable<Channel>.TooManyChannels) {
            guard let known = try directory.visit(name) else { return nil }
            channel = known
        } catch {
            throw Problem(.noRoom, Self.tooManyChannels)
        }
        let result = await withCheckedContinuation { continuation in
            channel.history(fetch) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// A part of what was said before, on the member's loop.
    func history(_ fetch: Fetch, for participant: Participant) throws(Problem) -> HistoryPage {
        try HistoryReader.page(fetch, of: participant.group)
    }
}
