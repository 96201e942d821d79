/// How topics are called in NATS: `<prefix>.nodes`, `<prefix>.said.<channel>`, `<prefix>.presence.<channel>`.
///
/// A token of a subject holds no space, dot, `*` or `>`. Letters, digits, `-` and `_` stand for themselves, every other byte
/// of a channel's name as `=` with two hexadecimal digits; the empty name is `=`. So people can read the most, and `nats sub
/// 'broadcast.said.team'` finds it.
struct TopicSubject: Sendable {
    let prefix: String

    /// Everything that the stream holds.
    var all: String { prefix + ".>" }

    func subject(of topic: SharedTopic) -> String {
        switch topic {
        case .nodes: "\(prefix).nodes"
        case .said(let channel): "\(prefix).said.\(Self.token(channel.text))"
        case .presence(let channel): "\(prefix).presence.\(Self.token(channel.text))"
        }
    }

    /// nil for a subject that is none of these.
    func topic(of subject: String) -> SharedTopic? {
        let start = prefix + "."
        guard subject.hasPrefix(start) else { return nil }
        let tokens = subject.dropFirst(start.count).split(separator: ".", omittingEmptySubsequences: false)
        switch (tokens.first, tokens.count) {
        case ("nodes", 1): return .nodes
        case ("said", 2): return Self.channel(tokens[1]).map(SharedTopic.said)
        case ("presence", 2): return Self.channel(tokens[1]).map(SharedTopic.presence)
        default: return nil
        }
    }

    private static func token(_ name: String) -> String {
        guard !name.isEmpty else { return "=" }
        var token = ""
        for byte in name.utf8 {
            if isPlain(byte) {
                token.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                token += "=" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return token
    }

    private static func channel(_ token: Substring) -> ChannelName? {
        guard token != "=" else { return .default }
        var bytes: [UInt8] = []
        var rest = Array(token.utf8)[...]
        while let byte = rest.popFirst() {
            if isPlain(byte) {
                bytes.append(byte)
            } else {
                guard byte == UInt8(ascii: "="), rest.count >= 2,
                    let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(code)
                rest = rest.dropFirst(2)
            }
        }
        return String(validating: bytes, as: UTF8.self).flatMap(ChannelName.init(checking:))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
