import LWSSwift
import Synchronization

/// How a channel uses the state directory: tells it what changes, and knows who waits for the disk. Confined to the channel's
/// home loop, but for ``unsettled``.
final class ChannelArchive {
    let store: StateStore
    let channel: StoredChannel
    /// Whether what was stored has been read.
    var isRestored = false
    /// How many wait for the disk; may be read on any thread.
    let unsettled: Unsettled
    /// Of messages that have their place, since the last turn.
    private var spent: [SpentKey] = []
    private var waiting: [@Sendable (Bool) -> Void] = []
    /// The oldest publication that the disk was told to keep.
    private var oldest: UInt64?
    /// The last publication that it was told. Later ones are of this turn, at whose end it is told them.
    private(set) var last: UInt64

    init(_ store: StateStore, _ channel: StoredChannel) {
        self.store = store
        self.channel = channel
        unsettled = Unsettled()
        last = channel.number
    }

    /// A number that is counted on the home loop, and read by who ends the server.
    final class Unsettled: Sendable {
        private let value = Atomic<Int>(0)

        var count: Int { value.load(ordering: .acquiring) }

        func add(_ change: Int) {
            value.add(change, ordering: .acquiringAndReleasing)
        }
    }

    /// Writes down from now on what is said in a group.
    func follow(_ group: BroadcastGroup) {
        channel.relieve { [weak group] in group?.bytesEnded($0) }
        group.onRecords { [weak self, weak group] records in
            guard let self else { return }
            oldest = records.oldest
            last = records.position.number
            let added = channel.append(records, keys: spent, waiter())
            spent = []
            group?.bytesBegan(added.byteCount)
            store.note(added.isFirst, channel, isUrgent: added.isAwaited)
        }
    }

    /// Everybody who waits for what was said in this turn.
    private func waiter() -> (@Sendable (Bool) -> Void)? {
        guard !waiting.isEmpty else { return nil }
        let waiting = waiting
        self.waiting = []
        return { isStored in
            for body in waiting { body(isStored) }
        }
    }

    // MARK: What changes

    /// A message was said with a key.
    func spend(_ key: SpentKey) {
        spent.append(key)
    }

    /// Has something called on any thread when what is said in this turn is on the disk, or will not be.
    func whenStored(_ body: @escaping @Sendable (_ isStored: Bool) -> Void) {
        waiting.append(body)
    }

    /// Has messages and keys written that have been written before, or should have been, in one transaction.
    func storeAgain(
        _ records: [BroadcastRecord],
        _ keys: [SpentKey],
        _ body: @escaping @Sendable (_ isStored: Bool) -> Void
    ) {
        store.note(channel.appendAgain(records, keys, body), channel, isUrgent: true)
    }

    /// A session has changed; nil when it is forgotten.
    func note(_ id: SessionID, _ session: StoredSession?) {
        store.note(channel.note(id, session), channel)
    }

    /// The history may have let go of something.
    ///
    /// - Parameter oldest: what it keeps, from there on.
    func trim(_ oldest: UInt64) {
        guard self.oldest.map({ $0 < oldest }) ?? true else { return }
        self.oldest = oldest
        guard !channel.isBlank else { return }
        store.note(channel.trim(oldest), channel)
    }
}
