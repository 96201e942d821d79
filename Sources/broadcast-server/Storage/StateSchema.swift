/// The form of a state file: which it is, of which version, and its tables.
///
/// Rows have a ``Checksum`` of what stands in them, begun with the identity of the file. Numbers of 64 bits are stored as
/// SQLite has them, signed.
enum StateSchema {
    /// "BCst", so that `file(1)`, SQLite and we know it from the files of other programs.
    static let applicationID: Int64 = 0x4243_7374
    static let version: Int64 = 1
    static let pageBytes = 4_096

    /// What makes an empty file one of ours.
    static func creation(identity: UInt64) -> String {
        """
        PRAGMA page_size = \(pageBytes);
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(version);
        BEGIN;
        CREATE TABLE server (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            identity INTEGER NOT NULL,
            last_member INTEGER NOT NULL,
            is_clean INTEGER NOT NULL,
            seen INTEGER NOT NULL
        ) STRICT;
        INSERT INTO server VALUES (1, \(Int64(bitPattern: identity)), 0, 1, 0);
        CREATE TABLE channels (
            epoch INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            number INTEGER NOT NULL,
            tag INTEGER NOT NULL,
            used INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE messages (
            epoch INTEGER NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (epoch, first)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE sessions (
            epoch INTEGER NOT NULL,
            session TEXT NOT NULL,
            member INTEGER NOT NULL,
            tag INTEGER NOT NULL,
            name TEXT NOT NULL,
            lost INTEGER NOT NULL,
            has_place INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (epoch, session)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE keys (
            epoch INTEGER NOT NULL,
            session TEXT NOT NULL,
            total INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (epoch, session, total)
        ) STRICT, WITHOUT ROWID;
        COMMIT;
        PRAGMA journal_mode = WAL;
        """
    }

    /// What makes a connection that writes one that loses nothing: a commit is on the disk when it returns.
    static let durability = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -8192;"
}

/// The checksums of rows.
extension Checksum {
    init(_ identity: UInt64, channel head: StoredChannelHead) {
        self.init(identity)
        add(head.epoch)
        add(head.name.text)
        add(head.number)
        add(UInt64(head.tag))
        add(UInt64(bitPattern: head.used))
    }

    init(_ identity: UInt64, messagesOf epoch: UInt64, first: UInt64, last: UInt64, _ bytes: [UInt8]) {
        self.init(identity)
        add(epoch)
        add(first)
        add(last)
        add(bytes)
    }

    init(_ identity: UInt64, sessionOf epoch: UInt64, _ id: SessionID, _ session: StoredSession) {
        self.init(identity)
        add(epoch)
        add(id.description)
        add(session.member.number)
        add(UInt64(session.tag))
        add(session.name ?? "")
        add(UInt64(bitPattern: session.lost ?? 0))
        add(session.hasPlace ? 1 : 0)
    }

    init(_ identity: UInt64, keysOf epoch: UInt64, _ id: SessionID, total: UInt64, _ bytes: [UInt8]) {
        self.init(identity)
        add(epoch)
        add(id.description)
        add(total)
        add(bytes)
    }
}
