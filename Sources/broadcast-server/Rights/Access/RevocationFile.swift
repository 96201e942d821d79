import Glibc

extension Revocations.Entry {
    /// The line of a file that has it.
    var line: String {
        switch self {
        case .token(let id): "jti \(id)"
        case .subject(let subject): "sub \(subject)"
        }
    }

    /// nil for texts that no token has, or that would be more than a line.
    init?(token id: String) {
        guard TokenClaims.isWord(id) else { return nil }
        self = .token(id)
    }

    init?(subject: String) {
        guard TokenClaims.isWord(subject) else { return nil }
        self = .subject(subject)
    }
}

/// The file of what was revoked, as somebody who runs the server has it written.
struct RevocationFile: Sendable {
    let path: String

    /// Adds a line, which is on the disk when this returns; blocks. It begins with a break: the line before may have none, of
    /// whoever has written it, or since the disk was full.
    func append(_ entry: Revocations.Entry) throws(SystemError) {
        let file = try Descriptor.append(to: path)
        defer { file.close() }
        try file.write(Array("\n\(entry.line)\n".utf8))
        guard fsync(file.number) == 0 else { throw SystemError(errno) }
    }
}
