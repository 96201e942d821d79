import LWSSwift

/// A string of JSON as it was read: where nothing is escaped, only the place where it lies.
enum JSONText: Sendable, Equatable {
    /// These bytes of what was read, as they are.
    case verbatim(Range<Int>)
    /// What stood there with escapes.
    case unescaped(WebSocketMessage)

    /// The number of bytes of UTF-8.
    var count: Int {
        switch self {
        case .verbatim(let range): range.count
        case .unescaped(let message): message.bytes.count
        }
    }

    /// The string to keep.
    ///
    /// - Parameter source: what it was read from.
    func string(from source: BorrowedMessage) -> String {
        let text: String? =
            switch self {
            case .verbatim(let range): source.extracting(range).text
            case .unescaped(let message): message.text
            }
        guard let text else { preconditionFailure("Strings are read from text messages.") }
        return text
    }
}
