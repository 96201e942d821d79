/// The name that a client gives to a message of its own. Keys are the same when their bytes are: `é` can be written in two
/// ways, which a comparison of texts takes for one.
struct MessageKey: Sendable {
    let text: String
}

extension MessageKey: Hashable {
    static func == (one: MessageKey, other: MessageKey) -> Bool {
        one.text.utf8.elementsEqual(other.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
