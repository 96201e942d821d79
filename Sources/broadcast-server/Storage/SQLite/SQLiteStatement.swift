import CSQLite

/// A statement that is prepared once: bind its parameters, which are counted from 1, then step through its rows, whose columns
/// are counted from 0.
@safe
final class SQLiteStatement: @unchecked Sendable {
    // Reason for the unchecked conformance: that of its database, whose owner it belongs to.
    private let handle: OpaquePointer
    /// Kept until the statement has gone.
    private let database: SQLiteDatabase

    init(_ handle: OpaquePointer, of database: SQLiteDatabase) {
        unsafe self.handle = handle
        self.database = database
    }

    deinit {
        unsafe sqlite3_finalize(handle)
    }

    // MARK: Parameters

    func bind(_ index: Int32, _ value: Int64) {
        unsafe sqlite3_bind_int64(handle, index, value)
    }

    func bind(_ index: Int32, _ value: UInt64) {
        bind(index, Int64(bitPattern: value))
    }

    /// Short ones: SQLite copies it.
    func bind(_ index: Int32, _ value: String) {
        // SQLITE_TRANSIENT, a cast that cannot be imported.
        let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        unsafe sqlite3_bind_text(handle, index, value, -1, transient)
    }

    // MARK: Running

    /// Runs it to its end, for what it does.
    func run() throws(SQLiteError) {
        defer { reset() }
        while try step() {}
    }

    /// Runs it with bytes as its last parameter, which are not copied.
    ///
    /// - Parameter index: of that parameter.
    func run(_ index: Int32, _ bytes: [UInt8]) throws(SQLiteError) {
        let result: Result<Void, SQLiteError> = unsafe bytes.withUnsafeBytes { bytes in
            // An empty blob, where a missing address would bind NULL.
            if unsafe bytes.isEmpty {
                unsafe sqlite3_bind_zeroblob(handle, index, 0)
            } else {
                unsafe sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), nil)
            }
            defer { unsafe sqlite3_bind_null(handle, index) }
            return Result { () throws(SQLiteError) in try run() }
        }
        try result.get()
    }

    /// Goes to the next row.
    ///
    /// - Returns: whether there is one; without one it is ready to be run again.
    func step() throws(SQLiteError) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            reset()
            return false
        case let result:
            let error = database.failure(result)
            reset()
            throw error
        }
    }

    /// Ends it before its last row.
    func reset() {
        unsafe sqlite3_reset(handle)
    }

    // MARK: Columns

    func integer(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(handle, column)
    }

    func unsigned(_ column: Int32) -> UInt64 {
        UInt64(bitPattern: integer(column))
    }

    func text(_ column: Int32) -> String {
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        guard let text = unsafe sqlite3_column_text(handle, column) else { return "" }
        return unsafe String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }

    func bytes(_ column: Int32) -> [UInt8] {
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        guard let bytes = unsafe sqlite3_column_blob(handle, column) else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }
}
