/// Writes to the state file: what a number of channels have for it in one transaction, so that one wait for the disk serves
/// all of them. Used by one thread at a time.
final class StateWriter: Sendable {
    private let database: SQLiteDatabase
    private let identity: UInt64
    private let putServer, putChannel, putMessages, putSession, putKeys, putKeyAgain: SQLiteStatement
    private let trimMessages, trimKeys, dropSession, dropKeysOfSession: SQLiteStatement
    private let dropChannel: [SQLiteStatement]

    /// - Parameter identity: of the file.
    init(_ database: SQLiteDatabase, identity: UInt64) throws(SQLiteError) {
        self.database = database
        self.identity = identity
        try database.execute(StateSchema.durability)
        putServer = try database.prepare("UPDATE server SET last_member = ?1, is_clean = ?2, seen = ?3 WHERE id = 1")
        putChannel = try database.prepare(
            """
            INSERT INTO channels VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (epoch) DO UPDATE SET number = ?3, tag = ?4, used = ?5, checksum = ?6
            """
        )
        putMessages = try database.prepare("INSERT OR IGNORE INTO messages VALUES (?1, ?2, ?3, ?4, ?5)")
        putSession = try database.prepare(
            "INSERT OR REPLACE INTO sessions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        )
        putKeys = try database.prepare("INSERT OR REPLACE INTO keys VALUES (?1, ?2, ?3, ?4, ?5)")
        putKeyAgain = try database.prepare("INSERT OR IGNORE INTO keys VALUES (?1, ?2, ?3, ?4, ?5)")
        // Rows lie behind one another: the last that begins before may end behind.
        trimMessages = try database.prepare("DELETE FROM messages WHERE epoch = ?1 AND first < ?2 AND last < ?2")
        trimKeys = try database.prepare("DELETE FROM keys WHERE epoch = ?1 AND session = ?2 AND total <= ?3")
        dropSession = try database.prepare("DELETE FROM sessions WHERE epoch = ?1 AND session = ?2")
        dropKeysOfSession = try database.prepare("DELETE FROM keys WHERE epoch = ?1 AND session = ?2")
        var drops: [SQLiteStatement] = []
        for table in ["channels", "messages", "sessions", "keys"] {
            drops.append(try database.prepare("DELETE FROM \(table) WHERE epoch = ?1"))
        }
        dropChannel = drops
    }

    /// What is said of the server with each transaction.
    struct Server: Sendable {
        /// No member has a greater id.
        var lastMember: UInt64
        /// Whether it has come to an orderly end.
        var isClean = false
        /// When that was true, in milliseconds since 1970-01-01 00:00 UTC.
        var time: Int64
    }

    /// Writes all of it, or nothing; the disk has it when this returns.
    func write(_ changes: [(head: StoredChannelHead, pending: StoredChannel.Pending)], _ server: Server)
        throws(SQLiteError)
    {
        try database.transaction { () throws(SQLiteError) in
            for (head, pending) in changes { try write(head, pending) }
            putServer.bind(1, server.lastMember)
            putServer.bind(2, server.isClean ? 1 : 0)
            putServer.bind(3, server.time)
            try putServer.run()
        }
    }

    private func write(_ head: StoredChannelHead, _ pending: StoredChannel.Pending) throws(SQLiteError) {
        let epoch = head.epoch
        if pending.isGone {
            for statement in dropChannel {
                statement.bind(1, epoch)
                try statement.run()
            }
            return
        }
        try put(head)
        for records in pending.records + pending.again {
            let sum = Checksum(
                identity,
                messagesOf: epoch,
                first: records.first,
                last: records.last,
                records.bytes
            )
            putMessages.bind(1, epoch)
            putMessages.bind(2, records.first)
            putMessages.bind(3, records.last)
            putMessages.bind(4, sum.value)
            try putMessages.run(5, records.bytes)
        }
        if let oldest = pending.oldest {
            trimMessages.bind(1, epoch)
            trimMessages.bind(2, oldest)
            try trimMessages.run()
        }
        // The keys of publishers may be forgotten, and the next one come before that is written.
        for (id, session) in pending.sessions { try put(session, id, epoch) }
        for (id, keys) in pending.keys { try put(keys, of: id, epoch) }
        for key in pending.keysAgain {
            var keys = KeyBytes()
            keys.append(key)
            try put(keys, of: key.session, epoch, by: putKeyAgain)
        }
    }

    func put(_ head: StoredChannelHead) throws(SQLiteError) {
        putChannel.bind(1, head.epoch)
        putChannel.bind(2, head.name.text)
        putChannel.bind(3, head.number)
        putChannel.bind(4, UInt64(head.tag))
        putChannel.bind(5, head.used)
        putChannel.bind(6, Checksum(identity, channel: head).value)
        try putChannel.run()
    }

    private func put(
        _ keys: KeyBytes,
        of id: SessionID,
        _ epoch: UInt64,
        by statement: SQLiteStatement
    ) throws(SQLiteError) {
        statement.bind(1, epoch)
        statement.bind(2, id.description)
        statement.bind(3, keys.total)
        statement.bind(4, Checksum(identity, keysOf: epoch, id, total: keys.total, keys.bytes).value)
        try statement.run(5, keys.bytes)
    }

    private func put(_ keys: KeyBytes, of id: SessionID, _ epoch: UInt64) throws(SQLiteError) {
        try put(keys, of: id, epoch, by: putKeys)
        let capacity = UInt64(KeyMemory.capacity(of: id))
        guard keys.total > capacity else { return }
        trimKeys.bind(1, epoch)
        trimKeys.bind(2, id.description)
        trimKeys.bind(3, keys.total - capacity)
        try trimKeys.run()
    }

    func put(_ session: StoredSession?, _ id: SessionID, _ epoch: UInt64) throws(SQLiteError) {
        guard let session else {
            for statement in [dropSession, dropKeysOfSession] {
                statement.bind(1, epoch)
                statement.bind(2, id.description)
                try statement.run()
            }
            return
        }
        putSession.bind(1, epoch)
        putSession.bind(2, id.description)
        putSession.bind(3, session.member.number)
        putSession.bind(4, UInt64(session.tag))
        putSession.bind(5, session.name ?? "")
        putSession.bind(6, session.lost ?? 0)
        putSession.bind(7, session.hasPlace ? 1 : 0)
        putSession.bind(8, Checksum(identity, sessionOf: epoch, id, session).value)
        try putSession.run()
    }

    /// Puts what is in the log into the file itself, and leaves no log behind.
    func finish() throws(SQLiteError) {
        try database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }
}

extension SQLiteStatement {
    func bind(_ index: Int32, _ value: Int) {
        bind(index, Int64(value))
    }
}
