import LWSSwift
import Synchronization

/// One channel as the state directory has it, and what of it is still to be written. It is given what changes on the channel's
/// home loop; the writer takes it when it gets round to it.
///
/// What waits is what the channel is, not what became of it on the way: publications that the history has let go meanwhile,
/// and all but the latest of each session, are never written. So it holds no more than the history, and the group has its
/// publishers wait when the disk is too slow.
final class StoredChannel: Sendable {
    let name: ChannelName
    let epoch: UInt64
    private let pending: Mutex<Pending>
    /// As the writer has it.
    private let head: Mutex<StoredChannelHead>
    /// Told what publishers need not wait for any more.
    private let relief = Mutex<Handler<Int>?>(nil)

    /// What waits for the writer.
    struct Pending: Sendable {
        /// Of the last publication; nil when nothing was said.
        var number: UInt64?
        /// Of the last session; nil when there was none.
        var tag: UInt32?
        /// The oldest publication that is kept; nil when that has not changed. Everything before it goes.
        var oldest: UInt64?
        var records: [RecordBytes] = []
        /// Publications that were written before, or should have been, each in a row of its own: together with others it would
        /// pass for the row that is there already.
        var again: [RecordBytes] = []
        /// Keys that were written before, or should have been, each in a row of its own as well.
        var keysAgain: [SpentKey] = []
        /// nil for one that is forgotten.
        var sessions: [SessionID: StoredSession?] = [:]
        var keys: [SessionID: KeyBytes] = [:]
        /// The channel is forgotten, with everything that was written.
        var isGone = false
        /// Called on the writer's thread, with whether it is on the disk.
        var waiters: [@Sendable (_ isStored: Bool) -> Void] = []
        /// What publishers may have to wait for.
        var byteCount = 0
        /// Whether the writer knows of it.
        fileprivate var isQueued = false
        fileprivate var isBlank = false
        fileprivate var author: (envelope: BroadcastEnvelope?, bytes: [UInt8])?
    }

    /// - Parameter isBlank: there is nothing of it.
    init(_ head: StoredChannelHead, isBlank: Bool) {
        name = head.name
        epoch = head.epoch
        self.head = Mutex(head)
        pending = Mutex(Pending(isBlank: isBlank))
    }

    /// Of the last publication.
    var number: UInt64 { pending.withLock { $0.number } ?? head.withLock { $0.number } }
    /// The last that a session was given.
    var tag: UInt32 { max(pending.withLock { $0.tag } ?? 0, head.withLock { $0.tag }) }
    /// Whether there never was anything of it.
    var isBlank: Bool { pending.withLock { $0.isBlank } }

    // MARK: What changes

    /// Changes what waits.
    ///
    /// - Returns: whether the writer is to be told of it.
    private func change(_ body: (inout Pending) -> Void) -> Bool {
        pending.withLock { pending in
            body(&pending)
            pending.isBlank = false
            defer { pending.isQueued = true }
            return !pending.isQueued
        }
    }

    /// What was said in a turn, with the keys it was said with.
    ///
    /// - Parameter waiter: see ``Pending/waiters``.
    /// - Returns: whether the writer is to be told, the bytes that publishers may have to wait for, and whether somebody waits.
    func append(
        _ records: borrowing BroadcastRecords,
        keys: [SpentKey],
        _ waiter: (@Sendable (Bool) -> Void)?
    ) -> (isFirst: Bool, byteCount: Int, isAwaited: Bool) {
        var added = 0
        let (last, oldest) = (records.position.number, records.oldest ?? records.position.number + 1)
        let isFirst = change { pending in
            records.forEach { added += pending.append($0) }
            for key in keys {
                pending.keys[key.session, default: KeyBytes()].append(key)
            }
            pending.number = last
            pending.trim(oldest)
            pending.byteCount += added
            if let waiter { pending.waiters.append(waiter) }
        }
        return (isFirst, added, waiter != nil)
    }

    /// Has something called when what was changed so far is on the disk.
    func whenStored(_ waiter: @escaping @Sendable (Bool) -> Void) -> Bool {
        change { $0.waiters.append(waiter) }
    }

    /// Writes publications and keys that were written before, or should have been: those that are there already stay as they
    /// are.
    func appendAgain(
        _ records: [BroadcastRecord],
        _ keys: [SpentKey],
        _ waiter: @escaping @Sendable (Bool) -> Void
    ) -> Bool {
        change { pending in
            for record in records {
                var bytes = RecordBytes()
                bytes.append(record)
                pending.again.append(bytes)
            }
            pending.keysAgain += keys
            pending.waiters.append(waiter)
        }
    }

    /// A session has changed, or is forgotten.
    func note(_ id: SessionID, _ session: StoredSession?) -> Bool {
        change { pending in
            pending.sessions[id] = .some(session)
            if let session {
                pending.tag = max(pending.tag ?? 0, session.tag)
            } else {
                pending.keys[id] = nil
                pending.keysAgain.removeAll { $0.session == id }
            }
        }
    }

    /// The disk has not taken this: the sessions wait for the next time, as keys are known by them after a restart. There are
    /// no more of them than the channel remembers.
    func putBack(_ pending: Pending) {
        let sessions = pending.sessions.filter { $0.value != nil }
        guard !sessions.isEmpty else { return }
        self.pending.withLock { $0.sessions.merge(sessions) { later, _ in later } }
    }

    /// The history has let go of everything before a publication.
    func trim(_ oldest: UInt64) -> Bool {
        change { $0.trim(oldest) }
    }

    /// The channel is forgotten.
    func forget() -> Bool {
        change { pending in
            let waiters = pending.waiters
            let (isQueued, byteCount) = (pending.isQueued, pending.byteCount)
            pending = Pending()
            pending.isGone = true
            (pending.waiters, pending.isQueued, pending.byteCount) = (waiters, isQueued, byteCount)
        }
    }

    /// Has what was counted for the publishers of a group told to it, once it is written.
    func relieve(by relief: @escaping @Sendable (Int) -> Void) {
        self.relief.withLock { $0 = Handler(call: relief) }
    }

    /// Bytes need not be waited for any more.
    func relieve(_ byteCount: Int) {
        guard byteCount > 0 else { return }
        relief.withLock { $0 }?.call(byteCount)
    }

    /// Everything that waits, for the writer.
    ///
    /// - Parameter now: milliseconds since 1970-01-01 00:00 UTC.
    func take(at now: Int64) -> (head: StoredChannelHead, pending: Pending) {
        let taken = pending.withLock { pending in
            let taken = pending
            pending = Pending()
            return taken
        }
        let head = head.withLock { head in
            head.number = taken.number ?? head.number
            head.tag = max(taken.tag ?? 0, head.tag)
            head.used = now
            return head
        }
        return (head, taken)
    }
}

extension StoredChannel.Pending {
    /// - Returns: the bytes it takes.
    fileprivate mutating func append(_ record: borrowing BroadcastRecords.Lent) -> Int {
        // Who talks does so several times in a row.
        if author == nil || author?.envelope !== record.envelope {
            author = (record.envelope, RecordBytes.bytes(of: record.envelope?.userInfo as? Member))
        }
        let author = author?.bytes ?? []
        let count = author.count + record.message.bytes.byteCount + 64
        if records.isEmpty || records[records.count - 1].isFull(before: count) { records.append(RecordBytes()) }
        records[records.count - 1].append(record, by: author)
        return count
    }

    fileprivate mutating func trim(_ oldest: UInt64) {
        self.oldest = oldest
        if let first = records.first, first.last < oldest { records.removeAll { $0.last < oldest } }
        if !again.isEmpty { again.removeAll { $0.last < oldest } }
    }
}

/// A key that a message was sent with, and what became of that.
struct SpentKey: Sendable {
    /// Or ``SessionID/ofPublishers``.
    let session: SessionID
    let key: MessageKey
    /// Of the first message that came with it.
    let number: UInt64
    let receivers: Int
    /// How many messages came with it.
    var count = 1
    /// Of what came with it, which is looked at for publishers alone.
    var contentHash: UInt64?
    /// How many keys the session has had, with this one.
    let total: UInt64
}
