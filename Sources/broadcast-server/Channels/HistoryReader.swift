import LWSSwift

/// Reads a part of a channel's history, for those who ask for it.
enum HistoryReader {
    /// A page ends before it grows beyond this, roughly, though never before its first message.
    private static let maximumBytes = 256 << 10

    /// The page that a client asks for, on one of the group's loops.
    ///
    /// - Throws: a problem when it names a place that the channel does not have.
    static func page(_ fetch: Fetch, of group: BroadcastGroup) throws(Problem) -> HistoryPage {
        let now = group.position
        switch fetch.start {
        case .after(let text):
            let position = try position(text, now)
            // One more, to know whether there is more.
            let records = group.records(after: position.number, limit: fetch.limit + 1)
            let (page, isCut) = cut(records.prefix(fetch.limit))
            let (missing, isIncomplete) = missing(after: position, records.first?.position.number, of: group)
            return HistoryPage(
                messages: page,
                position: PositionText(now),
                missing: missing,
                isIncomplete: isIncomplete,
                hasMore: isCut || records.count > fetch.limit,
                start: fetch.start
            )
        case .before(let text):
            return page(before: try position(text, now).number, fetch, of: group)
        case .latest:
            return page(before: now.number + 1, fetch, of: group)
        }
    }

    /// What is not kept any more behind a position, up to the first that is.
    private static func missing(
        after position: BroadcastGroup.Position,
        _ first: UInt64?,
        of group: BroadcastGroup
    ) -> (count: UInt64, isUnknown: Bool) {
        if case .expired(count: .max)? = group.resumption(of: .after(position)).missing { return (0, true) }
        guard !group.numbersHaveHoles else { return (0, false) }
        let next = first ?? group.position.number + 1
        return (NumberJump.publications(in: next - position.number - 1), false)
    }

    private static func page(before number: UInt64, _ fetch: Fetch, of group: BroadcastGroup) -> HistoryPage {
        let records = group.records(before: number, limit: fetch.limit + 1)
        let (page, isCut) = cut(records.suffix(fetch.limit).reversed())
        return HistoryPage(
            messages: page.reversed(),
            position: PositionText(group.position),
            hasMore: isCut || records.count > fetch.limit,
            start: fetch.start
        )
    }

    private static func position(
        _ text: PositionText,
        _ now: BroadcastGroup.Position
    ) throws(Problem) -> BroadcastGroup.Position {
        guard let position = BroadcastGroup.Position(text.rawValue) else {
            throw Problem(.badPosition, "A position is the id of a message.")
        }
        guard position.epoch == now.epoch else {
            throw Problem(.badPosition, "The channel has begun anew since that position.")
        }
        guard position.number <= now.number else {
            throw Problem(.badPosition, "The channel has not come to that position yet.")
        }
        return position
    }

    /// As many records as fit in a page.
    private static func cut(_ records: some Sequence<BroadcastRecord>) -> (messages: [PastMessage], isCut: Bool) {
        var messages: [PastMessage] = []
        var byteCount = 0
        for record in records {
            byteCount += record.message.bytes.count
            if byteCount > maximumBytes, !messages.isEmpty { return (messages, true) }
            messages.append(PastMessage(record))
        }
        return (messages, false)
    }
}

extension PastMessage {
    fileprivate init(_ record: BroadcastRecord) {
        guard let author = record.envelope?.userInfo as? Member else {
            preconditionFailure("Every message has an author.")
        }
        self.init(
            id: PositionText(record.position),
            from: author,
            time: record.time,
            content: record.message.text.map(Content.text) ?? .binary(record.message.bytes)
        )
    }
}

extension PositionText {
    init(_ position: BroadcastGroup.Position) {
        self.init(rawValue: position.description)
    }
}
