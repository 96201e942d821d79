import LWSSwift
import Logging
import Synchronization

/// What of the chat outlives the server: channels with their numbers, messages, sessions and keys, in an SQLite file.
///
/// A thread of its own writes, one transaction for everything that waits: when somebody waits for that, at once, otherwise
/// after ``gathering``. Nobody but who asks to know when something is on the disk waits for it.
///
/// A channel is read when it is entered first, so that a server begins as fast with ten thousand channels as with one, and the
/// memory is that of the channels in use. What has to be known before, a row of each, is read at the start.
///
/// **Numbers.** A server that was killed may have given out numbers that the disk has not seen. The next one goes on far
/// beyond them (``NumberJump``) in the same epoch: so clients go on where they were, and no position ever names two
/// messages.
final class StateStore: Sendable {
    /// How long what nobody waits for is gathered.
    private static let gathering = Duration.milliseconds(50)
    /// How often the file is told that the server lives on: while it does not, no time passes for sessions.
    private static let heartbeat = Duration.seconds(60)
    /// How many channels are kept; beyond that the ones that were used longest ago are forgotten.
    static let maximumChannels = 10_000
    /// So many ids of members are given out ahead of the disk.
    private static let memberIDs: UInt64 = 1_000

    private struct Queue: Sendable {
        var dirty: [StoredChannel] = []
        /// Somebody waits.
        var isUrgent = false
        var isEnding = false
        var hasEnded = false
        /// How many transactions have come to their end.
        var finished = 0
        /// Who is called when there are so many.
        var watchers: [(goal: Int, body: @Sendable () -> Void)] = []
        /// Who is called when the server's state is closed.
        var onEnd: (@Sendable () -> Void)?
        var isWriting = false

        /// Has what waits be written at once.
        ///
        /// - Returns: how many transactions will have come to their end then; nil when nothing waits.
        mutating func hurry() -> Int? {
            guard isWriting || !dirty.isEmpty else { return nil }
            isUrgent = isUrgent || !dirty.isEmpty
            return finished + (isWriting ? 1 : 0) + (dirty.isEmpty ? 0 : 1)
        }
    }

    /// nil when it is closed.
    private let lock: Mutex<LockedFile?>
    private let logger: Logger
    private let queue = Monitor(Queue())
    private let catalog: Mutex<RecencyMap<ChannelName, Entry>>
    private let reader: Monitor<StateReader>
    private let writer: StateWriter
    private let greatestMember: Atomic<UInt64>
    private let reservedMember: Atomic<UInt64>
    /// Whether the last transaction has failed.
    private let isFailing = Atomic(false)
    private let directory: StateDirectory
    private let counted = Monitor(StorageFigures())

    private struct Entry: Sendable {
        let channel: StoredChannel
        var isUsed: Bool
    }

    /// Opens the state in a directory, which is this server's until ``close()``.
    ///
    /// - Parameters:
    ///   - grace: how long the place of a member is kept that has lost its connection.
    ///   - warn: called with what people have to know.
    init(_ path: String, grace: Duration, logger: Logger, warn: (String) -> Void) throws(Failure) {
        directory = StateDirectory(path: path)
        FileSizeLimit.ignoreSignal()
        lock = Mutex<LockedFile?>(try directory.lock())
        self.logger = logger
        let file = try Self.open(directory, warn)
        do throws(SQLiteError) {
            writer = try StateWriter(file.database, identity: file.reader.identity)
            reader = Monitor(try StateReader(SQLiteDatabase(directory.file, .readOnly)))
            let (heads, server) = try Self.begin(file, writer, grace: grace)
            greatestMember = Atomic(server.lastMember)
            reservedMember = Atomic(server.lastMember + Self.memberIDs)
            var channels = RecencyMap<ChannelName, Entry>()
            for head in heads {
                channels[head.name] = Entry(channel: StoredChannel(head, isBlank: false), isUsed: false)
            }
            catalog = Mutex(channels)
        } catch {
            throw StateDatabase.Problem(error).failure(directory.file)
        }
        try BackgroundThread.start { [self] in run() }
    }

    /// Whether it knows of any channel.
    var isUsed: Bool { catalog.withLock { !$0.isEmpty } }

    // MARK: Beginning

    private static func open(_ directory: StateDirectory, _ warn: (String) -> Void) throws(Failure) -> StateDatabase {
        let time = WallTime.now.milliseconds
        if directory.hasStrayLog {
            let aside = try directory.setAside(time)
            warn("The state directory has a log without its file: it was set aside as \(aside)-wal.")
        }
        if directory.hasFile {
            do throws(StateDatabase.Problem) {
                return try StateDatabase(directory.file, .readWrite)
            } catch {
                guard case .damaged(let why) = error else { throw error.failure(directory.file) }
                let aside = EscapedText.escape(try directory.setAside(time))
                warn(
                    """
                    The state is damaged (\(EscapedText.escape(why))) and was set aside as \(aside); the server begins \
                    without any: what was stored is only there.
                    """
                )
            }
        }
        do throws(SQLiteError) {
            try directory.makeFile()
        } catch {
            throw StateDatabase.Problem(error).failure(directory.file)
        }
        do throws(StateDatabase.Problem) {
            return try StateDatabase(directory.file, .readWrite)
        } catch {
            throw error.failure(directory.file)
        }
    }

    /// Writes down that a server has begun, before it gives out anything: whoever finds that later knows that it has not ended.
    private static func begin(
        _ file: StateDatabase,
        _ writer: StateWriter,
        grace: Duration
    ) throws(SQLiteError) -> ([StoredChannelHead], StateWriter.Server) {
        var heads = file.heads
        var server = file.server
        let (end, now) = (server.time, WallTime.now.milliseconds)
        if !server.isClean {
            for index in heads.indices { heads[index].number += NumberJump.size }
        }
        let sessions = try file.reader.sessions()
        let known = Set(heads.map(\.epoch))
        try file.database.transaction { () throws(SQLiteError) in
            if !server.isClean { for head in heads { try writer.put(head) } }
            for (epoch, id, session) in sessions {
                let kept = known.contains(epoch) ? session.carried(from: end, to: now, grace: grace) : nil
                try writer.put(kept, id, epoch)
            }
        }
        server.time = now
        server.isClean = false
        var reserved = server
        reserved.lastMember += memberIDs
        try writer.write([], reserved)
        return (heads, server)
    }

    // MARK: Channels

    /// The channel of a name, which is in use from now on; made when there is none.
    func channel(_ name: ChannelName) -> StoredChannel {
        var forgotten: StoredChannel?
        let channel = catalog.withLock { channels in
            if let known = channels[name]?.channel {
                channels[name]?.isUsed = true
                channels.touch(name)
                return known
            }
            let head = StoredChannelHead(
                epoch: BroadcastGroup.Position.randomEpoch(),
                name: name,
                number: 0,
                tag: 0,
                used: 0
            )
            let made = StoredChannel(head, isBlank: true)
            channels[name] = Entry(channel: made, isUsed: true)
            if channels.count > Self.maximumChannels, let oldest = channels.first(where: { !$0.value.isUsed }) {
                forgotten = channels.removeValue(forKey: oldest.key)?.channel
            }
            return made
        }
        if let forgotten { note(forgotten.forget(), forgotten) }
        return channel
    }

    /// Whether there is something of a channel.
    func has(_ name: ChannelName) -> Bool {
        catalog.withLock { $0[name].map { !$0.channel.isBlank } ?? false }
    }

    /// The server has no use for a channel any more, but keeps it.
    func endUse(of channel: StoredChannel) {
        catalog.withLock { channels in
            if channels[channel.name]?.channel === channel { channels[channel.name]?.isUsed = false }
        }
    }

    /// A channel has come to its end: the next of its name is another one.
    func forget(_ channel: StoredChannel) {
        catalog.withLock { channels in
            if channels[channel.name]?.channel === channel { channels.removeValue(forKey: channel.name) }
        }
        if !channel.isBlank { note(channel.forget(), channel) }
    }

    /// Reads what there is of a channel. Blocks for a millisecond or two, which happens once for each channel.
    func contents(of channel: StoredChannel) -> StateReader.Contents {
        // Where the channel was in use before, what it left may not be written yet.
        finishWriting()
        return reader.withLock { $0.contents(of: channel.epoch) }
    }

    /// Something of a channel is not as it was written.
    func report(_ problem: String, in channel: ChannelName) {
        logger.event(.error, .storage, "Something that was stored of the channel \(channel) is lost: \(problem).")
    }

    // MARK: What changes

    /// A channel has something to be written.
    ///
    /// - Parameters:
    ///   - isFirst: what the change has answered.
    ///   - isUrgent: somebody waits.
    func note(_ isFirst: Bool, _ channel: StoredChannel, isUrgent: Bool = false) {
        guard isFirst || isUrgent else { return }
        queue.withLock { queue in
            if isFirst { queue.dirty.append(channel) }
            if isUrgent { queue.isUrgent = true }
        }
        queue.wake()
    }

    /// An id of a member is about to be given out.
    func willUse(_ member: ClientID) {
        greatestMember.max(member.number, ordering: .relaxed)
        // Half of those that are left can be given out until the next are the disk's.
        guard member.number + Self.memberIDs / 2 > reservedMember.load(ordering: .relaxed) else { return }
        queue.update { $0.isUrgent = true }
    }

    /// The greatest id that a member has had.
    var lastMember: UInt64 { greatestMember.load(ordering: .relaxed) }

    /// What was written so far, and how large the files are.
    var figures: StorageFigures {
        var figures = counted.withLock { $0 }
        figures.byteCount = directory.byteCount
        return figures
    }

    // MARK: Writing

    private enum Work: Sendable {
        case write([StoredChannel])
        case end([StoredChannel])
    }

    private func run() {
        var hasFailed = false
        while true {
            let work = nextWork()
            let channels: [StoredChannel]
            switch work {
            case .write(let dirty), .end(let dirty): channels = dirty
            }
            if !write(channels) { hasFailed = true }
            if case .end = work { break }
            let watchers = queue.update { queue in
                queue.isWriting = false
                queue.finished += 1
                let finished = queue.finished
                defer { queue.watchers.removeAll { $0.goal <= finished } }
                return queue.watchers.filter { $0.goal <= finished }.map(\.body)
            }
            for body in watchers { body() }
        }
        finish(isClean: !hasFailed)
        // Before anybody is told that it is closed, who may open it again.
        lock.withLock { $0 = nil }
        let watchers = queue.update { queue in
            queue.hasEnded = true
            return queue.watchers.map(\.body) + [queue.onEnd].compactMap(\.self)
        }
        for body in watchers { body() }
    }

    private func nextWork() -> Work {
        let isUrgent = queue.wait(atMost: Self.heartbeat) { queue -> Bool? in
            guard !queue.dirty.isEmpty || queue.isUrgent || queue.isEnding else { return nil }
            return queue.isUrgent || queue.isEnding
        }
        if isUrgent == false {
            _ = queue.wait(atMost: Self.gathering) { $0.isUrgent || $0.isEnding ? true : nil }
        }
        return queue.withLock { queue in
            let dirty = queue.dirty
            queue.dirty = []
            queue.isUrgent = false
            queue.isWriting = true
            return queue.isEnding ? .end(dirty) : .write(dirty)
        }
    }

    /// - Returns: whether the disk has it.
    private func write(_ channels: [StoredChannel]) -> Bool {
        let now = WallTime.now.milliseconds
        let changes = channels.map { $0.take(at: now) }
        var failure: SQLiteError?
        let reserved = lastMember + Self.memberIDs
        let begin = ContinuousClock.now
        do throws(SQLiteError) {
            try writer.write(changes, StateWriter.Server(lastMember: reserved, time: now))
            reservedMember.store(reserved, ordering: .relaxed)
        } catch {
            failure = error
        }
        let duration = begin.duration(to: .now)
        counted.withLock { [hasFailed = failure != nil] in $0.count(duration, hasFailed: hasFailed) }
        tell(failure)
        for (channel, (_, pending)) in zip(channels, changes) {
            if failure != nil { channel.putBack(pending) }
            channel.relieve(pending.byteCount)
            for waiter in pending.waiters { waiter(failure == nil) }
        }
        return failure == nil
    }

    private func tell(_ failure: SQLiteError?) {
        let before = isFailing.exchange(failure != nil, ordering: .relaxed)
        if let failure, !before {
            logger.error(
                """
                The state directory takes nothing: \(failure). The server goes on in memory; what is said now is lost \
                when it ends.
                """
            )
        } else if failure == nil, before {
            logger.event(
                .notice,
                .storage,
                "The state directory takes what is said again. What was said meanwhile is not there."
            )
        }
    }

    private func finish(isClean: Bool) {
        do throws(SQLiteError) {
            let server = StateWriter.Server(
                lastMember: isClean ? lastMember : lastMember + Self.memberIDs,
                isClean: isClean,
                time: WallTime.now.milliseconds
            )
            try writer.write([], server)
            try writer.finish()
        } catch {
            tell(error)
        }
    }

    // MARK: Waiting

    /// Blocks until what waits now is written, or was given up.
    private func finishWriting() {
        guard let goal = queue.withLock({ $0.hurry() }) else { return }
        queue.wake()
        _ = queue.wait { $0.finished >= goal || $0.hasEnded ? true : nil }
    }

    /// Returns when what waits now is written, or was given up.
    func written() async {
        await withCheckedContinuation { continuation in
            let isWaiting = queue.update { queue in
                guard !queue.hasEnded, let goal = queue.hurry() else { return false }
                queue.watchers.append((goal, { continuation.resume() }))
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }

    /// Writes what is left, and says that the server has ended in good order. Once; nothing may be changed afterwards.
    func close() async {
        await withCheckedContinuation { continuation in
            queue.update { queue in
                queue.isEnding = true
                queue.onEnd = { continuation.resume() }
            }
        }
    }
}

extension StoredSession {
    /// What a session is for the next server: no time has passed between the two.
    ///
    /// - Parameters:
    ///   - end: when the last server was seen alive.
    ///   - now: when the next one begins, both in milliseconds since 1970-01-01 00:00 UTC.
    /// - Returns: nil for one that was forgotten.
    func carried(from end: Int64, to now: Int64, grace: Duration) -> StoredSession? {
        let graceTime = Int64(grace / .milliseconds(1))
        let retention = max(Int64(ChannelSessions<Int>.retention / .milliseconds(1)), graceTime)
        var carried = self
        let age = max(end - (lost ?? end), 0)
        carried.hasPlace = hasPlace && age < graceTime
        // Whose place is kept is given the whole of its grace.
        carried.lost = carried.hasPlace ? now : now - age
        return age < retention ? carried : nil
    }
}
