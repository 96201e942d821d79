import Glibc

/// The name that a client gives to a message of its own. Keys are the same when their bytes are: `é` can be written in two
/// ways, which a comparison of texts takes for one.
struct MessageKey: Sendable {
    let text: String
}

extension MessageKey: Hashable {
    static func == (one: MessageKey, other: MessageKey) -> Bool {
        var (one, other) = (one.text, other.text)
        return one.withUTF8 { one in
            other.withUTF8 { other in
                guard one.count == other.count, let start = one.baseAddress, let otherStart = other.baseAddress else {
                    return one.isEmpty && other.isEmpty
                }
                return unsafe memcmp(start, otherStart, one.count) == 0
            }
        }
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
