import Glibc

/// A state file that was looked at, and is sound as far as it was looked at: everything but the messages, whose checksums
/// are compared when they are read.
struct StateDatabase: Sendable {
    let database: SQLiteDatabase
    let reader: StateReader
    let heads: [StoredChannelHead]
    let server: StateWriter.Server

    /// Why a file is not used.
    enum Problem: Error, Equatable {
        /// Another program's.
        case foreign
        /// No file: SQLite would wait for ever for what somebody writes to a pipe.
        case noFile
        /// Of a version that this one does not know.
        case version(Int64)
        /// Not what was written.
        case damaged(String)
        /// Perhaps it is sound.
        case sqlite(SQLiteError)

        init(_ error: SQLiteError) {
            // Statements are right, so that a file in which they are wrong is not what it was.
            self = error.isDamage || error.isMisunderstanding ? .damaged(error.description) : .sqlite(error)
        }
    }

    init(_ path: String, _ access: SQLiteDatabase.Access) throws(Problem) {
        guard Self.isFile(path) else { throw .noFile }
        do throws(SQLiteError) {
            database = try SQLiteDatabase(path, access)
            guard try database.integer("SELECT count(*) FROM sqlite_schema") > 0 else {
                throw SQLiteError.damage("it is empty")
            }
        } catch {
            throw Problem(error)
        }
        try Self.identify(database)
        guard !Self.isCut(path) else { throw .damaged("it ends within a page") }
        do throws(SQLiteError) {
            let report = try database.text("PRAGMA quick_check(1)")
            guard report == "ok" else { throw SQLiteError.damage(report) }
            try Self.findLost(in: database)
            reader = try StateReader(database)
            guard try Self.identity(withoutLog: path) == reader.identity else {
                throw SQLiteError.damage("its log is that of another file")
            }
            heads = try reader.heads()
            server = try reader.server()
        } catch {
            throw Problem(error)
        }
    }

    /// What the file says it is when its log is left aside: SQLite takes any log that lies beside a file for its own.
    private static func identity(withoutLog path: String) throws(SQLiteError) -> UInt64 {
        try StateReader(SQLiteDatabase(path, .immutable)).identity
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }

    /// Whether the file ends within a page, which SQLite takes for one of zeros. While there is a log, whose pages count, that
    /// may be so.
    private static func isCut(_ path: String) -> Bool {
        var (file, log) = (stat(), stat())
        let hasLog = unsafe stat("\(path)-wal", &log) == 0 && log.st_size > 0
        guard unsafe stat(path, &file) == 0, !hasLog else { return false }
        return file.st_size % StateSchema.pageBytes != 0
    }

    /// Looks for rows that belong to nothing: the names of others are gone where a page was lost.
    private static func findLost(in database: SQLiteDatabase) throws(SQLiteError) {
        for table in ["messages", "sessions", "keys"] {
            let count = try database.integer(
                "SELECT count(*) FROM \(table) WHERE epoch NOT IN (SELECT epoch FROM channels)"
            )
            guard count == 0 else { throw SQLiteError.damage("rows of \(table) belong to no channel") }
        }
    }

    private static func identify(_ database: SQLiteDatabase) throws(Problem) {
        let (application, version): (Int64, Int64)
        do throws(SQLiteError) {
            application = try database.integer("PRAGMA application_id")
            version = try database.integer("PRAGMA user_version")
        } catch {
            throw Problem(error)
        }
        guard application == StateSchema.applicationID else { throw .foreign }
        guard version == StateSchema.version else { throw .version(version) }
    }
}

extension StateDatabase.Problem {
    /// What to say of a file, when the program has to end for it.
    ///
    /// - Parameter path: of the file.
    func failure(_ path: String) -> Failure {
        let shown = EscapedText.escape(path)
        switch self {
        case .foreign:
            return Failure(.badInput, "\(shown) belongs to another program: choose another --state-dir.")
        case .noFile:
            return Failure(.badInput, "\(shown) is no file: choose another --state-dir.")
        case .version(let version):
            return Failure(
                .badInput,
                "\(shown) is of version \(version), which this program does not know: use a newer one."
            )
        case .damaged(let why):
            return Failure(.badInput, "\(shown) is damaged: \(EscapedText.escape(why)).")
        case .sqlite(let error):
            let code: ExitCode = error.isForbidden ? .cannotCreateFile : .inputOutput
            return Failure(code, "\(shown) cannot be used: \(EscapedText.escape(error.description)).")
        }
    }
}
