import Glibc

/// A configuration file as it was read: whole, and seen to be text.
struct ConfigurationText {
    /// Far more than anybody writes, and little enough to be read at once.
    static let maximumBytes = 1 << 20

    let text: String
    /// Whether everybody on the system may read the file.
    let isReadableByAll: Bool

    /// Reads a file; blocks meanwhile.
    ///
    /// - Throws: a failure when it cannot be read, is no regular file, is too large, or is no text in UTF-8.
    init(contentsOf path: String) throws(Failure) {
        let bytes: [UInt8]
        do throws(SystemError) {
            (bytes, isReadableByAll) = try Self.read(path)
        } catch {
            let reason =
                switch error.code {
                case EFBIG: "it has more than 1 MiB"
                // What cannot be read twice is of no use when it is to be read anew.
                case EINVAL: "it is no regular file"
                default: "\(error)"
                }
            throw Failure(
                .badConfiguration,
                "The configuration file \(EscapedText.escape(path)) cannot be read: \(reason)."
            )
        }
        if let (position, reason) = Self.fault(in: bytes, of: path) {
            throw Failure(.badConfiguration, "\(position): \(reason)")
        }
        // Some editors put a mark at the beginning, which is no part of the text.
        text = String(String(decoding: bytes, as: UTF8.self).trimmingPrefix("\u{FEFF}"))
    }

    private static func read(_ path: String) throws(SystemError) -> (bytes: [UInt8], isReadableByAll: Bool) {
        // So that a pipe is not waited for.
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard number >= 0 else { throw SystemError() }
        let file = Descriptor(number: number)
        defer { file.close() }
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw SystemError() }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG else { throw SystemError(kind == S_IFDIR ? EISDIR : EINVAL) }
        var bytes: [UInt8] = []
        while bytes.count <= maximumBytes {
            let piece = try file.read(atMost: 64 << 10)
            if piece.isEmpty { return (bytes, status.st_mode & S_IROTH != 0) }
            bytes += piece
        }
        throw SystemError(EFBIG)
    }

    /// The first place at which the bytes are no text that YAML allows (YAML 1.2.2 section 5.1), and why.
    private static func fault(in bytes: [UInt8], of path: String) -> (FilePosition, String)? {
        var (line, column) = (1, 1)
        var decoder = UTF8()
        var rest = bytes.makeIterator()
        while true {
            let position = FilePosition(path: path, line: line, column: column)
            switch decoder.decode(&rest) {
            case .emptyInput: return nil
            case .error: return (position, "This is not UTF-8. Convert the file, as with iconv.")
            case .scalarValue("\n"): (line, column) = (line + 1, 1)
            case .scalarValue(let scalar):
                if !isAllowed(scalar), scalar != "\u{FEFF}" || position != FilePosition(path: path, line: 1, column: 1)
                {
                    return (position, "A control character cannot stand in a configuration file. Take it out.")
                }
                column += 1
            }
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...: true
        default: false
        }
    }
}
