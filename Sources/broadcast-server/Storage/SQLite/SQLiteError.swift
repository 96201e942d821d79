import CSQLite

/// Why SQLite did not do something, in its own words.
struct SQLiteError: Error, Equatable, CustomStringConvertible {
    /// An extended result code (sqlite.org/rescode.html).
    let code: Int32
    let description: String

    init(_ code: Int32, _ description: String) {
        self.code = code
        self.description = description
    }

    private var primaryCode: Int32 { code & 0xFF }

    /// The file is not what SQLite has written.
    var isDamage: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB].contains(primaryCode) }
    /// It does not understand a statement, or the file.
    var isMisunderstanding: Bool { primaryCode == SQLITE_ERROR }
    /// There is no space, or no more of it for this program.
    var isFull: Bool { primaryCode == SQLITE_FULL }
    /// Not permitted, as far as SQLite tells that from others.
    var isForbidden: Bool { [SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH, SQLITE_CANTOPEN].contains(primaryCode) }
}

extension SQLiteError {
    /// The code of a file that is not what SQLite has written.
    static var corruptCode: Int32 { SQLITE_CORRUPT }

    /// What the system refuses where SQLite was not asked.
    static func system(_ description: String) -> SQLiteError {
        SQLiteError(SQLITE_CANTOPEN, description)
    }
}
