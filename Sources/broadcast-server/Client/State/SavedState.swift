import FoundationEssentials

/// What a client knows from its last run: where it was in its channel, and the messages that it had taken and that were
/// not confirmed.
struct SavedState: Equatable, Sendable {
    /// Of which server and channel all the rest is.
    var channel: ChannelAddress
    var position: PositionText?
    var session: SessionID?
    /// In order, under the keys by which the server knows them if it has them already.
    var unsent: [Outbox.Entry] = []
}

extension SavedState {
    /// Why bytes are no state.
    enum DecodingFailure: Error, Equatable {
        /// Not written by this program, or damaged since.
        case damaged
        /// Written by a later version.
        case later
    }

    /// The whole of a file. Readers of another form of it look at the first two fields.
    private struct File: Codable {
        var program = Self.program
        var version = Self.version
        var channel: String
        var position: String?
        var session: String?
        var unsent: [Line]

        static let program = "broadcast-server connect"
        static let version = 1
    }

    private struct Version: Codable {
        var program: String
        var version: Int
    }

    /// A message: either text, or bytes in base64.
    private struct Line: Codable {
        var key: String
        var text: String?
        var binary: Data?
    }

    /// The state as JSON.
    func encoded() -> [UInt8] {
        let file = File(
            channel: channel.description,
            position: position?.rawValue,
            session: session?.description,
            unsent: unsent.compactMap { entry in
                switch entry.content {
                case .text(let text): Line(key: entry.key, text: text)
                case .binary(let bytes): Line(key: entry.key, binary: Data(bytes))
                // The next run begins with the name that it is given.
                case .name: nil
                }
            }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(file) else {
            preconditionFailure("Strings and bytes have a JSON form.")
        }
        return Array(json) + [UInt8(ascii: "\n")]
    }

    /// Reads what ``encoded()`` has written.
    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        let decoder = JSONDecoder()
        let data = Data(bytes)
        guard let head = try? decoder.decode(Version.self, from: data), head.program == File.program else {
            throw .damaged
        }
        guard head.version == File.version else { throw head.version > File.version ? .later : .damaged }
        guard let file = try? decoder.decode(File.self, from: data) else { throw .damaged }
        channel = ChannelAddress(file.channel)
        position = file.position.map { PositionText(rawValue: $0) }
        session = try file.session.map { text throws(DecodingFailure) in
            guard let session = SessionID(text) else { throw .damaged }
            return session
        }
        unsent = try file.unsent.map { line throws(DecodingFailure) in
            switch (line.text, line.binary) {
            case (let text?, nil): Outbox.Entry(key: line.key, content: .text(text))
            case (nil, let bytes?): Outbox.Entry(key: line.key, content: .binary(Array(bytes)))
            default: throw .damaged
            }
        }
    }
}
