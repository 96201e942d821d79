/// Whether the target of a request can be read at all: what it says is UTF-8, percent-encoded (RFC 3986 section 2.5), and has
/// no NUL.
enum RequestTarget {
    static let rule = "Path and query of the URL are percent-encoded UTF-8, without NUL."

    /// - Parameters:
    ///   - path: as it was sent. Each percent sign in it stands before two digits.
    ///   - query: as it was sent. As in browsers, a percent sign without digits stands for itself in it.
    static func isReadable(path: String, query: String) -> Bool {
        guard let path = PercentEncoding.decode(path) else { return false }
        return isReadable(path) && isReadable(PercentEncoding.decodeLeniently(Array(query.utf8)))
    }

    /// Bytes that are no UTF-8 have become U+FFFD.
    private static func isReadable(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0 == "\0" || $0 == "\u{FFFD}" }
    }
}
