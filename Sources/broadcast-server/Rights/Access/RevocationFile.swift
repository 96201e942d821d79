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
        guard Self.isWord(id) else { return nil }
        self = .token(id)
    }

    init?(subject: String) {
        guard Self.isWord(subject) else { return nil }
        self = .subject(subject)
    }

    /// What comes back as it was when it is read as a line.
    private static func isWord(_ text: String) -> Bool {
        1...TokenClaims.maximumTextBytes ~= text.utf8.count && text.first != " " && text.last != " "
            && !text.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{2028}" }
    }
}

/// The file of what was revoked, as somebody who runs the server has it written.
struct RevocationFile: Sendable {
    let path: String

    /// Adds a line, which is on the disk when this returns; blocks.
    func append(_ entry: Revocations.Entry) throws(SystemError) {
        let file = try Descriptor.append(to: path)
        defer { file.close() }
        try file.write(Array("\(entry.line)\n".utf8))
        guard fsync(file.number) == 0 else { throw SystemError(errno) }
    }
}
