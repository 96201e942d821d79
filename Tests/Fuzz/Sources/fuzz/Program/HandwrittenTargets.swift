internal import LWSSwift

// In the fuzzer the files of the protocol belong to its own module.
#if canImport(broadcast_server)
    @testable import broadcast_server
#endif

extension FuzzTarget {
    /// What is read by hand of a client's objects is what the decoder makes of them, byte by byte: of the bytes themselves,
    /// and of documents put together of what matters in them.
    static let spokenText = FuzzTarget("spoken-text") { bytes throws(Violation) in
        if let message = WebSocketMessage.text(validating: bytes) { try checkReading(message) }
        var choices = Choices(bytes)
        var document = ""
        let isFramed = choices.isTrue()
        while !choices.isEmpty, let piece = choices.element(of: pieces) { document += piece }
        try checkReading(.text(isFramed ? #"{"type":"message","text":"\#(document)"}"# : document))
    }

    private static let pieces = [
        "{", "}", ",", ":", "\"", "\\", " ", "\n", "null", "7", "[", "]", "\u{1}", "\u{7F}", "é", "👋", "e\u{301}",
        "\u{FEFF}", "\0", #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u0041"#, #"\u0000"#, #"\uD83D"#, #"\udc4b"#,
        #"\ud83d\udc4b"#, #"\ufeff"#, #""type""#, #""text""#, #""key""#, #""message""#, #""type":"message""#,
        #"","text":""#, #"","key":"k""#, #"","key":""#, #"","stored":"disk"#, #"{"type":"message","text":""#, #""}"#,
        "a text that is longer than the words that are compared at once",
    ]

    private static func checkReading(_ message: WebSocketMessage) throws(Violation) {
        guard let spoken = SpokenText(message.borrowed) else { return }
        let text = spoken.withText { $0.message.bytes }
        let decoded = try? ChatProtocol.decode(ClientObject.self, from: message.bytes)
        guard case .message(let expected, let key, let stored)? = decoded else {
            throw Violation(description: "read by hand, but decoded as \(String(describing: decoded)): \(message)")
        }
        try require(text == Array(expected.utf8), "the text \(text) of \(message)")
        try require(spoken.key.map { Array($0.utf8) } == key.map { Array($0.utf8) }, "the key of \(message)")
        try require(spoken.stored == stored, "where \(message) is to be stored")
    }

    /// What is written by hand is what the encoder makes of it, byte by byte, whatever the texts in it.
    static let writtenObjects = FuzzTarget("written-objects") { bytes throws(Violation) in
        var choices = Choices(bytes)
        let (high, low, shift) = (choices.below(256), choices.below(1 << 16), choices.below(64))
        let number = UInt64(high) << UInt64(shift) &+ UInt64(low)
        let text = String(decoding: choices.bytes, as: UTF8.self)

        let author = Member(id: ClientID(number: number), name: text)
        let time = Int64(truncatingIfNeeded: number)
        let said = ChatMessage(
            id: PositionText(rawValue: "\(String(number, radix: 36)).\(number)"),
            from: author,
            time: time,
            text: text
        )
        let template = ChatMessageTemplate(from: author, epoch: number)
        try requireEqual(
            template.object(WebSocketMessage.text(text).borrowed, number: number, time: time),
            .message(said)
        )

        let acknowledgement = Acknowledgement(
            key: text,
            id: PositionText(rawValue: text),
            receivers: Int(truncatingIfNeeded: number),
            stored: Acknowledgement.Storage(rawValue: text),
            isDuplicate: number % 2 == 0
        )
        try requireEqual(acknowledgement.object, .ack(acknowledgement))
        let position = PositionText(rawValue: text)
        try requireEqual(position.object, .position(position))

        let page = HistoryPage(
            messages: [
                PastMessage(id: position, from: author, time: time, content: .binary(choices.bytes)),
                PastMessage(id: position, from: author, time: time, content: .text(text)),
            ]
            .suffix(shift % 3),
            position: position,
            missing: number / 2,
            hasMore: number % 2 == 0,
            start: number % 2 == 0 ? .after(position) : .before(position)
        )
        try requireEqual(page.object, .history(page))
    }

    private static func requireEqual(_ written: WebSocketMessage, _ object: ServerObject) throws(Violation) {
        let encoded = ChatProtocol.encodeByFoundation(object)
        try require(written == encoded, "\(written) is written, and encoded it is \(encoded)")
    }
}
