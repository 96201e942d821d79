import Glibc
import Synchronization

/// A file that one program at a time keeps to itself, and whose content is replaced as a whole: whenever the program or the
/// machine stops, the file has either the old content or the new one.
///
/// It is locked with `flock(2)`, which ends with the program. Each content is written to a file beside it, with the path
/// and `.new`, which is locked before it takes the place: so whoever opens the path finds a locked file at any time. Only
/// the owner may read and write it.
final class LockedFile: Sendable {
    enum Problem: Error, Equatable {
        /// Another program has it.
        case locked
        /// Not a regular file.
        case noFile
        case system(SystemError)
    }

    /// Where the file is, symbolic links followed.
    let path: String
    /// The file that has the lock, which is the one at the path.
    private let current: Mutex<Descriptor>

    /// Opens the file, making an empty one when there is none, and locks it.
    init(_ path: String) throws(Problem) {
        self.path = Self.resolved(path)
        current = Mutex(try Self.openLocked(self.path))
    }

    deinit {
        current.withLock { file in
            // A process that was just forked has the file as well, until it runs its program.
            flock(file.number, LOCK_UN)
            file.close()
        }
    }

    /// The content, from the first byte to the last.
    ///
    /// - Returns: nil when there are more than `limit` bytes.
    func read(atMost limit: Int) throws(Problem) -> [UInt8]? {
        var bytes: [UInt8] = []
        do {
            try current.withLock { file throws(SystemError) in
                lseek(file.number, 0, SEEK_SET)
                while bytes.count <= limit {
                    let piece = try file.read(atMost: 64 << 10)
                    if piece.isEmpty { break }
                    bytes += piece
                }
            }
        } catch {
            throw .system(error)
        }
        return bytes.count <= limit ? bytes : nil
    }

    /// Replaces the content. Blocks until the disk has it.
    func replace(with bytes: [UInt8]) throws(SystemError) {
        try current.withLock { current throws(SystemError) in
            let new = try Self.make("\(path).new")
            do throws(SystemError) {
                try new.write(bytes)
                try Self.check(fsync(new.number))
                try Self.check(unsafe rename("\(path).new", path))
            } catch {
                new.close()
                throw error
            }
            current.close()
            current = new
            Self.synchronizeDirectory(of: path)
        }
    }

    // MARK: Opening

    private static func openLocked(_ path: String) throws(Problem) -> Descriptor {
        while true {
            let file: Descriptor
            do throws(SystemError) {
                // Without O_NONBLOCK a pipe might keep the program waiting.
                file = try opened(path, O_RDWR | O_CREAT | O_NONBLOCK | O_NOCTTY)
            } catch {
                throw error.code == EISDIR ? .noFile : .system(error)
            }
            do throws(Problem) {
                guard let own = status(of: file), own.st_mode & S_IFMT == S_IFREG else { throw .noFile }
                try lock(file)
                // Another program may have replaced it between the two calls.
                if isSame(own, status(of: path)) { return file }
            } catch {
                file.close()
                throw error
            }
            file.close()
        }
    }

    /// Makes a file, in place of one that a program which was killed has left.
    private static func make(_ path: String) throws(SystemError) -> Descriptor {
        unsafe unlink(path)
        let file = try opened(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
        // Nobody else has it.
        flock(file.number, LOCK_EX | LOCK_NB)
        return file
    }

    private static func opened(_ path: String, _ flags: Int32) throws(SystemError) -> Descriptor {
        let number = unsafe open(path, flags | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SystemError() }
        return Descriptor(number: number)
    }

    private static func lock(_ file: Descriptor) throws(Problem) {
        guard flock(file.number, LOCK_EX | LOCK_NB) != 0 else { return }
        let error = SystemError()
        throw error.code == EWOULDBLOCK ? .locked : .system(error)
    }

    private static func check(_ result: Int32) throws(SystemError) {
        guard result == 0 else { throw SystemError() }
    }

    // MARK: Names

    private static func status(of file: Descriptor) -> stat? {
        var status = stat()
        return unsafe fstat(file.number, &status) == 0 ? status : nil
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status : nil
    }

    private static func isSame(_ one: stat, _ other: stat?) -> Bool {
        one.st_dev == other?.st_dev && one.st_ino == other?.st_ino
    }

    /// A link stays one: what it leads to is replaced.
    private static func resolved(_ path: String) -> String {
        guard let resolved = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// A name is on the disk once its directory is. Where that cannot be opened, or has no such thing, the system sees to
    /// it in its own time.
    private static func synchronizeDirectory(of path: String) {
        let name = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let directory = try? opened(name, O_RDONLY | O_DIRECTORY) else { return }
        fsync(directory.number)
        directory.close()
    }
}
