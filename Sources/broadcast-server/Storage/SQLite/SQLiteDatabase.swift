import CSQLite

/// A connection to an SQLite file. It has one owner, which uses it on one thread at a time.
@safe
final class SQLiteDatabase: @unchecked Sendable {
    // Reason for the unchecked conformance: the pointer does not change before the end, and SQLite locks each call, since
    // connections are opened in its serialized mode; `open` refuses a library that has none.
    private let handle: OpaquePointer

    enum Access {
        case readWrite
        /// Makes an empty file where there is none.
        case create
        case readOnly
        /// Of a file that nobody writes, in a folder that cannot be written: without its log.
        case immutable
    }

    /// Opens a file.
    init(_ path: String, _ access: Access) throws(SQLiteError) {
        guard sqlite3_threadsafe() != 0 else { throw SQLiteError(SQLITE_MISUSE, "SQLite was built without threads") }
        var flags = SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_EXRESCODE
        var name = path
        switch access {
        case .readWrite: flags |= SQLITE_OPEN_READWRITE
        case .create: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .readOnly: flags |= SQLITE_OPEN_READONLY
        case .immutable:
            flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            name = "file:\(Self.escaped(path))?immutable=1"
        }
        var opened: OpaquePointer?
        let result = unsafe sqlite3_open_v2(name, &opened, flags, nil)
        guard let opened = unsafe opened else { throw SQLiteError(SQLITE_NOMEM, "out of memory") }
        guard result == SQLITE_OK else {
            let error = unsafe SQLiteError(result, String(cString: sqlite3_errmsg(opened)))
            unsafe sqlite3_close_v2(opened)
            throw error
        }
        unsafe handle = opened
        unsafe sqlite3_busy_timeout(handle, 5_000)
    }

    deinit {
        unsafe sqlite3_close_v2(handle)
    }

    /// What stands for itself in a URI (sqlite.org/uri.html).
    private static func escaped(_ path: String) -> String {
        path.replacing("%", with: "%25").replacing("?", with: "%3f").replacing("#", with: "%23")
    }

    /// Runs statements that answer nothing, and take nothing.
    func execute(_ sql: String) throws(SQLiteError) {
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// A statement to run many times.
    func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        var statement: OpaquePointer?
        try check(unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
        guard let statement = unsafe statement else { preconditionFailure("There is a statement in: \(sql)") }
        return unsafe SQLiteStatement(statement, of: self)
    }

    /// The first column of the first row of what is asked.
    func integer(_ sql: String) throws(SQLiteError) -> Int64 {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : 0
    }

    /// The first column of the first row of what is asked, as text.
    func text(_ sql: String) throws(SQLiteError) -> String {
        let statement = try prepare(sql)
        return try statement.step() ? statement.text(0) : ""
    }

    /// Does all of it, or nothing.
    func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try execute("BEGIN IMMEDIATE")
        do throws(SQLiteError) {
            try body()
            try execute("COMMIT")
        } catch {
            // After some errors it has been rolled back already, and to say so is one more.
            try? execute("ROLLBACK")
            throw error
        }
    }

    func check(_ result: Int32) throws(SQLiteError) {
        guard result == SQLITE_OK else { throw failure(result) }
    }

    func failure(_ result: Int32) -> SQLiteError {
        unsafe SQLiteError(result, String(cString: sqlite3_errmsg(handle)))
    }
}
