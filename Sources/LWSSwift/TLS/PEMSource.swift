// The members of timespec belong to whichever of the two modules the compiler reads first.
internal import CLibWebSockets
internal import Glibc

/// Where certificates or a key come from, in the PEM form of RFC 7468.
public enum PEMSource: Sendable, Hashable {
    /// The file at this path. It is read when a server starts or is given a new configuration, and when a client connects
    /// for the first time or the file has changed since; at most 4 MiB.
    case file(String)
    /// These bytes, for secrets that never are in a file.
    case memory([UInt8])
}

extension PEMSource: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The path, or how many bytes there are: never what they say, since it may be a key.
    public var description: String {
        switch self {
        case .file(let path): path
        case .memory(let bytes): "\(bytes.count) bytes in memory"
        }
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension PEMSource {
    private static let maximumBytes = 4 << 20

    /// The bytes; blocks while a file is read.
    ///
    /// - Parameter what: what they are, for the error.
    func read(_ what: String) throws(WebSocketError) -> [UInt8] {
        switch self {
        case .memory(let bytes): return bytes
        case .file(let path):
            do throws(SystemError) {
                return try Self.contents(path)
            } catch {
                throw WebSocketError(.tls, "The file of the \(what), \(path), cannot be read: \(error).")
            }
        }
    }

    private static func contents(_ path: String) throws(SystemError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < maximumBytes {
            var result = 0
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
                result = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                count = max(result, 0)
            }
            if result == 0 { return bytes }
            guard result > 0 || errno == EINTR else { throw SystemError() }
            bytes += chunk
        }
        throw SystemError(EFBIG)
    }

    /// What tells whether the file has been replaced since; nil for memory, and for a file that cannot be looked at.
    var stamp: FileStamp? {
        guard case .file(let path) = self else { return nil }
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return FileStamp(
            inode: status.st_ino,
            bytes: status.st_size,
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec
        )
    }
}

/// The state of a file at some time.
struct FileStamp: Sendable, Hashable {
    let inode: UInt
    let bytes: Int
    let seconds: Int
    let nanoseconds: Int
}
