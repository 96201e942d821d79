import Glibc

/// The folder of a server's state: `state.sqlite` and what SQLite keeps beside it, and `lock`, which one server at a time has.
struct StateDirectory: Sendable {
    let path: String

    /// What the server's state is in.
    var file: String { "\(path)/state.sqlite" }
    /// The same while it is made: what has that name later is complete.
    private var newFile: String { "\(path)/state.sqlite.new" }
    private var log: String { "\(file)-wal" }

    /// Keeps the folder from other servers, as long as it is kept itself. Makes the folder when there is none.
    func lock() throws(Failure) -> LockedFile {
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST {
            throw failure("cannot be made", SystemError())
        }
        do throws(LockedFile.Problem) {
            return try LockedFile("\(path)/lock")
        } catch {
            switch error {
            case .locked:
                throw Failure(.unavailable, "The state directory \(shown) is in use by another server.")
            case .noFile:
                throw Failure(.cannotCreateFile, "The state directory \(shown) has a \"lock\" that is no file.")
            case .system(let error):
                throw failure("cannot be used", error)
            }
        }
    }

    private func failure(_ what: String, _ error: SystemError) -> Failure {
        let code: ExitCode = [EACCES, EPERM].contains(error.code) ? .noPermission : .cannotCreateFile
        return Failure(code, "The state directory \(shown) \(what): \(error).")
    }

    /// As it is shown to people.
    var shown: String { EscapedText.escape(path) }

    var hasFile: Bool { unsafe access(file, F_OK) == 0 }
    /// What was committed last may be there only.
    var hasLog: Bool { unsafe access(log, F_OK) == 0 }
    /// A log without its file, which SQLite would take for that of a new one.
    var hasStrayLog: Bool { !hasFile && hasLog }

    /// Of all files that the state is in.
    var byteCount: Int {
        [file, log].reduce(0) { sum, path in
            var status = stat()
            return unsafe stat(path, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }

    /// Makes an empty state. It has its name only when it is complete.
    func makeFile() throws(SQLiteError) {
        unsafe unlink(newFile)
        // Sessions are secrets of the clients.
        let number = unsafe open(newFile, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if number >= 0 { Descriptor(number: number).close() }
        try SQLiteDatabase(newFile, .create).execute(StateSchema.creation(identity: .random(in: 1...UInt64.max)))
        guard unsafe rename(newFile, file) == 0 else {
            throw SQLiteError.system("the file cannot be given its name: \(SystemError())")
        }
    }

    /// Gives what is damaged another name.
    ///
    /// - Parameter time: milliseconds since 1970-01-01 00:00 UTC, which the name tells.
    /// - Returns: that name.
    func setAside(_ time: Int64) throws(Failure) -> String {
        let aside = "\(file).damaged-\(time)"
        for suffix in ["", "-wal"] where unsafe access(file + suffix, F_OK) == 0 {
            guard unsafe rename(file + suffix, aside + suffix) == 0 else {
                throw failure("has a damaged file, which cannot be set aside", SystemError())
            }
        }
        // An index of the log, which is made anew.
        unsafe unlink("\(file)-shm")
        return aside
    }
}
