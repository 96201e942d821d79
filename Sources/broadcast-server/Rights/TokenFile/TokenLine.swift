/// A line of the token file: the name of who has the token, what SHA-256 makes of the token, and what it may do:
///
///     ci 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ci.*=publish,history news
///
/// The token itself stands nowhere: whoever reads the file cannot use what is in it.
struct TokenLine: Equatable, Sendable {
    /// Who has it: its subject, and what it is called in every channel.
    let name: MemberName
    let digest: SHA256Digest
    let entries: [RightsEntry]

    /// Why a line is none.
    struct Fault: Error, Equatable {
        /// A sentence.
        let explanation: String
    }

    static let form = "A line has a name, the SHA-256 of the token in 64 hexadecimal digits, and channels with rights."

    init(name: MemberName, digest: SHA256Digest, entries: [RightsEntry]) {
        self.name = name
        self.digest = digest
        self.entries = entries
    }

    init(_ line: WordLines.Line) throws(Fault) {
        do throws(Problem) {
            name = try MemberName(String(line.first))
        } catch {
            throw Fault(explanation: error.message)
        }
        let words = line.furtherWords
        guard let word = words.first, let digest = SHA256Digest(hex: String(word)) else {
            throw Fault(explanation: Self.form)
        }
        self.digest = digest
        do throws(RightsFault) {
            guard words.count - 1 <= Rights.maximumPatterns else { throw .tooMany }
            entries = try words.dropFirst().map { word throws(RightsFault) in try RightsEntry(word) }
        } catch {
            throw Fault(explanation: error.description)
        }
    }

    var grant: Grant {
        Grant(
            source: .file(digest),
            subject: name.text,
            name: name,
            rights: Rights(entries)
        )
    }
}

extension TokenLine: CustomStringConvertible {
    /// As it stands in the file.
    var description: String {
        ([name.text, digest.hex] + entries.map(\.description)).joined(separator: " ")
    }
}
