import LWSSwift

/// What a client says, `{"type":"message","text":…}` with or without `key` and `stored`, read where it lies: nearly all objects of
/// clients are of that kind, and to decode one costs as much as to send it to dozens of members.
///
/// Only the plain form is read: these fields, each once, in any order, and strings all of them. Everything else, and
/// whatever is wrong, is left to ``ClientObject``, which alone refuses. What is taken here, that would take as the same.
struct SpokenText: ~Escapable {
    private let source: BorrowedMessage
    private let text: JSONText
    let key: String?
    /// Where it is to be stored before it is acknowledged.
    let stored: Stored?

    /// - Parameter message: a text message; nil when it has to be decoded as a ``ClientObject``.
    @_lifetime(copy message)
    init?(_ message: BorrowedMessage) {
        precondition(message.kind == .text, "Objects travel in text messages.")
        var reader = JSONReader(message.bytes)
        var isMessage = false
        var text: JSONText?
        var key: JSONText?
        var stored: Stored?
        guard reader.take("{") else { return nil }
        repeat {
            guard let name = reader.takeString(), reader.take(":"), let value = reader.takeString() else { return nil }
            if text == nil, reader.holds("text", in: name) {
                text = value
            } else if !isMessage, reader.holds("type", in: name), reader.holds("message", in: value) {
                isMessage = true
            } else if key == nil, reader.holds("key", in: name), ClientObject.keyBytes.contains(value.count) {
                key = value
            } else if stored == nil, reader.holds("stored", in: name), let place = reader.stored(in: value) {
                stored = place
            } else {
                return nil
            }
        } while reader.take(",")
        guard reader.take("}"), reader.isAtEnd, isMessage, let text else { return nil }
        source = message
        self.text = text
        self.key = key.map { $0.string(from: message) }
        self.stored = stored
    }

    /// Lends the text, without a copy where nothing in it is escaped.
    func withText<Result>(_ body: (BorrowedMessage) -> Result) -> Result {
        switch text {
        case .verbatim(let range): body(source.extracting(range))
        case .unescaped(let message): body(message.borrowed)
        }
    }
}

extension JSONReader {
    /// Where something is to be stored; nil for any other word.
    fileprivate func stored(in text: JSONText) -> Stored? {
        if holds("disk", in: text) { return .disk }
        return holds("memory", in: text) ? .memory : nil
    }
}
