/// One event, or a part of one, as it is sent to one stream alone. Pure.
struct EventRecord {
    private(set) var bytes: [UInt8] = []

    /// - Parameters:
    ///   - event: how it is called; traps when it is not one line.
    ///   - id: traps when it is not one line, or has a NUL.
    init(event: String? = nil, _ message: WebSocketMessage, id: String? = nil) {
        if let id { append("id: ", id) }
        if let event = event ?? (message.kind == .binary ? "binary" : nil) { append("event: ", event) }
        bytes.append(contentsOf: "data: ".utf8)
        unsafe message.bytes.withUnsafeBytes { content in
            switch message.kind {
            case .text: unsafe bytes.append(contentsOf: EventText.lines(content))
            case .binary: unsafe bytes.append(contentsOf: EventText.base64(content))
            }
        }
        bytes.append(contentsOf: "\n\n".utf8)
    }

    /// How a client comes back.
    init(retry: Duration?, id: String?) {
        if let retry { append("retry: ", String(retry.milliseconds)) }
        if let id { append("id: ", id) }
        bytes.append(0x0A)
    }

    init(comment: String) {
        append(":", comment.isEmpty ? "" : " " + comment)
        bytes.append(0x0A)
    }

    private mutating func append(_ field: String, _ value: String) {
        precondition(
            !value.utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 },
            "A field of an event is one line without NUL."
        )
        bytes.append(contentsOf: field.utf8)
        bytes.append(contentsOf: value.utf8)
        bytes.append(0x0A)
    }
}
