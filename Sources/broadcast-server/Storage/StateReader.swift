import LWSSwift

/// Reads from a state file. Used by one thread at a time.
final class StateReader: Sendable {
    private let database: SQLiteDatabase
    let identity: UInt64

    /// - Throws: an error of damage when the file holds nothing of the kind.
    init(_ database: SQLiteDatabase) throws(SQLiteError) {
        self.database = database
        let statement = try database.prepare("SELECT identity FROM server WHERE id = 1")
        guard try statement.step() else { throw SQLiteError.damage("the row of the server is missing") }
        identity = statement.unsigned(0)
        statement.reset()
    }

    // MARK: Heads

    /// What the server said of itself last.
    func server() throws(SQLiteError) -> StateWriter.Server {
        let statement = try database.prepare("SELECT last_member, is_clean, seen FROM server WHERE id = 1")
        guard try statement.step() else { throw SQLiteError.damage("the row of the server is missing") }
        defer { statement.reset() }
        return StateWriter.Server(
            lastMember: statement.unsigned(0),
            isClean: statement.integer(1) == 1,
            time: statement.integer(2)
        )
    }

    /// All channels, from the one that was used longest ago to the latest.
    func heads() throws(SQLiteError) -> [StoredChannelHead] {
        let statement = try database.prepare(
            "SELECT epoch, name, number, tag, used, checksum FROM channels ORDER BY used"
        )
        var heads: [StoredChannelHead] = []
        while try statement.step() {
            guard let name = ChannelName(checking: statement.text(1)) else {
                throw SQLiteError.damage("a channel has no name")
            }
            let head = StoredChannelHead(
                epoch: statement.unsigned(0),
                name: name,
                number: statement.unsigned(2),
                tag: UInt32(truncatingIfNeeded: statement.integer(3)),
                used: statement.integer(4)
            )
            guard Checksum(identity, channel: head).value == statement.unsigned(5) else {
                throw SQLiteError.damage("the row of the channel \(name) has another checksum")
            }
            heads.append(head)
        }
        return heads
    }

    // MARK: Contents

    /// What of the rows of a channel is as it was written.
    struct Contents: Sendable {
        var records: [StoredRecord] = []
        var sessions: [SessionID: StoredSession] = [:]
        /// Of each session, and of the publishers, from the oldest to the latest.
        var keys: [SessionID: [StoredKey]] = [:]
        /// How many keys each session has had.
        var keyTotals: [SessionID: UInt64] = [:]
        /// What is not, one line for people each.
        var problems: [String] = []
    }

    /// Everything of a channel.
    func contents(of epoch: UInt64) -> Contents {
        var contents = Contents()
        do throws(SQLiteError) {
            try readMessages(of: epoch, to: &contents)
            try readSessions(of: epoch, to: &contents)
            try readKeys(of: epoch, to: &contents)
        } catch {
            contents.problems.append("the file cannot be read: \(error)")
        }
        return contents
    }

    private func readMessages(of epoch: UInt64, to contents: inout Contents) throws(SQLiteError) {
        let statement = try database.prepare(
            "SELECT first, last, checksum, bytes FROM messages WHERE epoch = ?1 ORDER BY first"
        )
        statement.bind(1, epoch)
        var last: UInt64 = 0
        while try statement.step() {
            let (first, end, bytes) = (statement.unsigned(0), statement.unsigned(1), statement.bytes(3))
            let sum = Checksum(identity, messagesOf: epoch, first: first, last: end, bytes)
            guard sum.value == statement.unsigned(2), let records = StoredRecord.all(in: bytes) else {
                contents.problems.append("messages \(first) to \(end) are damaged")
                continue
            }
            // Some may have been written twice.
            for record in records where record.number > last {
                contents.records.append(record)
                last = record.number
            }
        }
    }

    private func readSessions(of epoch: UInt64, to contents: inout Contents) throws(SQLiteError) {
        let statement = try database.prepare(
            "SELECT session, member, tag, name, lost, has_place, checksum FROM sessions WHERE epoch = ?1"
        )
        statement.bind(1, epoch)
        while try statement.step() {
            let row = Self.session(in: statement)
            guard let id = SessionID(statement.text(0)),
                Checksum(identity, sessionOf: epoch, id, row).value == statement.unsigned(6)
            else {
                contents.problems.append("a session is damaged")
                continue
            }
            contents.sessions[id] = row
        }
    }

    private static func session(in statement: SQLiteStatement) -> StoredSession {
        let (name, lost) = (statement.text(3), statement.integer(4))
        return StoredSession(
            member: ClientID(number: statement.unsigned(1)),
            tag: UInt32(truncatingIfNeeded: statement.integer(2)),
            name: name.isEmpty ? nil : name,
            lost: lost == 0 ? nil : lost,
            hasPlace: statement.integer(5) == 1
        )
    }

    private func readKeys(of epoch: UInt64, to contents: inout Contents) throws(SQLiteError) {
        let statement = try database.prepare(
            "SELECT session, total, checksum, bytes FROM keys WHERE epoch = ?1 ORDER BY session, total"
        )
        statement.bind(1, epoch)
        while try statement.step() {
            let (total, bytes) = (statement.unsigned(1), statement.bytes(3))
            guard let id = SessionID(statement.text(0)),
                Checksum(identity, keysOf: epoch, id, total: total, bytes).value == statement.unsigned(2),
                let keys = StoredKey.all(in: bytes, of: id)
            else {
                contents.problems.append("the keys of a session are damaged")
                continue
            }
            contents.keys[id, default: []] += keys
            contents.keyTotals[id] = total
        }
        // Some may have been written twice, the second time in a row of their own.
        for (id, keys) in contents.keys {
            let order = Dictionary(keys.map { ($0.number, $0) }) { first, _ in first }
            if order.count < keys.count { contents.keys[id] = order.values.sorted { $0.number < $1.number } }
        }
    }

    /// The sessions of all channels.
    func sessions() throws(SQLiteError) -> [(epoch: UInt64, id: SessionID, session: StoredSession)] {
        let statement = try database.prepare(
            "SELECT session, member, tag, name, lost, has_place, checksum, epoch FROM sessions"
        )
        var sessions: [(epoch: UInt64, id: SessionID, session: StoredSession)] = []
        while try statement.step() {
            guard let id = SessionID(statement.text(0)) else { continue }
            let (row, epoch) = (Self.session(in: statement), statement.unsigned(7))
            guard Checksum(identity, sessionOf: epoch, id, row).value == statement.unsigned(6) else { continue }
            sessions.append((epoch, id, row))
        }
        return sessions
    }
}

extension SQLiteError {
    /// Something that SQLite takes for sound, and is not.
    static func damage(_ description: String) -> SQLiteError {
        SQLiteError(corruptCode, description)
    }
}
