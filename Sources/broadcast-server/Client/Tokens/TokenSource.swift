import Glibc

/// Where a client has its token from: neither is in what others can read of its command line.
enum TokenSource: Equatable, Sendable {
    /// The first line of the file at this path.
    case file(String)
    /// What the variable ``variable`` has.
    case variable(String)

    static let variable = Environment.variable("token")
    /// What a line with a token takes, and what may stand behind it.
    private static let maximumFileBytes = 64 << 10

    /// What the environment has; nil for nothing.
    static func ofEnvironment() -> TokenSource? {
        guard let text = unsafe getenv(variable).map({ unsafe String(cString: $0) }), !text.isEmpty else { return nil }
        return .variable(text)
    }

    /// Reads the token: of a file, what is in it now. Blocks as reading a regular file does.
    func read() throws(Failure) -> BearerToken {
        let (text, place): (String, String)
        switch self {
        case .file(let path):
            place = "the token file \(EscapedText.escape(path))"
            text = try Self.firstLine(of: path, place)
        case .variable(let value):
            (text, place) = (value, Self.variable)
        }
        let trimmed = Self.trimmed(text)
        guard !trimmed.isEmpty else { throw Failure(.badInput, "There is no token in \(place): it is empty.") }
        guard let token = BearerToken(trimmed) else {
            throw Failure(
                .badInput,
                """
                What is in \(place) is no token: it has other characters than visible ones of ASCII, or more than \
                \(BearerToken.maximumBytes) of them.
                """
            )
        }
        return token
    }

    private static func firstLine(of path: String, _ place: String) throws(Failure) -> String {
        do throws(SystemError) {
            // A pipe, which can be read only once, is not waited for.
            let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
            guard number >= 0 else { throw SystemError() }
            let file = Descriptor(number: number)
            defer { file.close() }
            var status = stat()
            guard unsafe fstat(number, &status) == 0 else { throw SystemError() }
            if status.st_mode & S_IFMT == S_IFREG {
                let bytes = try file.read(atMost: maximumFileBytes)
                return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            }
        } catch {
            throw Failure(.badInput, "Cannot read \(place): \(error).")
        }
        throw Failure(.badInput, "Cannot use \(place): it is no regular file, and is read anew for each connection.")
    }

    private static func trimmed(_ text: String) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || 0x09...0x0D ~= $0 }
        return String(
            decoding: text.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed(),
            as: UTF8.self
        )
    }
}
