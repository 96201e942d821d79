/// Where in a file something stands; lines and columns are counted from 1, columns in characters as Unicode counts them.
struct FilePosition: Hashable, Sendable {
    let path: String
    let line: Int
    let column: Int
}

extension FilePosition: CustomStringConvertible {
    /// As compilers write it, so that editors find the place.
    var description: String { "\(EscapedText.escape(path)):\(line):\(column)" }
}
