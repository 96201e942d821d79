import Glibc

/// A file that is read as a whole, for which it has to be small.
enum WholeFile {
    /// - Parameters:
    ///   - path: of a file, or of a pipe that somebody writes to. Blocks.
    ///   - limit: in bytes.
    static func read(_ path: String, atMost limit: Int) throws(FileFaults) -> [UInt8] {
        do throws(SystemError) {
            let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
            guard number >= 0 else { throw SystemError() }
            let file = Descriptor(number: number)
            defer { file.close() }
            if let bytes = try read(file, atMost: limit) { return bytes }
        } catch {
            throw FileFaults(path, "It cannot be read: \(error).")
        }
        throw FileFaults(path, "It has more than \(limit) bytes.")
    }

    /// Reads the standard input to its end.
    static func readStandardInput(atMost limit: Int) throws(FileFaults) -> [UInt8] {
        do throws(SystemError) {
            if let bytes = try read(.standardInput, atMost: limit) { return bytes }
        } catch {
            throw FileFaults("-", "It cannot be read: \(error).")
        }
        throw FileFaults("-", "It has more than \(limit) bytes.")
    }

    /// Makes a file, or puts other bytes into the one that is there.
    static func write(_ bytes: [UInt8], to path: String) throws(FileFaults) {
        do throws(SystemError) {
            let number = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0o666)
            guard number >= 0 else { throw SystemError() }
            let file = Descriptor(number: number)
            defer { file.close() }
            try file.write(bytes)
        } catch {
            throw FileFaults(path, "It cannot be written: \(error).")
        }
    }

    /// - Returns: all that comes; nil when there is more.
    private static func read(_ file: Descriptor, atMost limit: Int) throws(SystemError) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            let piece = try file.read(atMost: min(64 << 10, limit + 1 - bytes.count))
            if piece.isEmpty { return bytes }
            bytes += piece
        }
        return nil
    }
}
