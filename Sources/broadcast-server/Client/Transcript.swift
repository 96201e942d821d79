import FoundationEssentials
import LWSSwift

/// How the client shows what is said: bytes for the standard output.
///
/// Nothing a peer has sent gets there raw: control characters and what changes the direction of text are escaped. The one
/// exception is ``Form/binary``, which is not for terminals.
struct Transcript: Sendable {
    enum Form: Equatable, Sendable {
        /// For people: names in colors, several lines of one message as such, own messages too.
        case terminal(isColored: Bool)
        /// For programs: one line a message.
        case lines
        /// For programs: one JSON object a line.
        case json
        /// The bytes of binary messages, and nothing else.
        case binary
        /// For programs that send: for each message one JSON object, which tells that the server has it, or why it has not.
        case receipts
        case nothing

        /// Whether it shows what others say.
        var isOfOthers: Bool { self != .receipts && self != .nothing }
    }

    let form: Form
    /// Whether each line begins with a time.
    let showsTime: Bool

    /// What somebody else has said, or did; empty when the form does not show it.
    func render(_ incoming: Incoming, now: WallTime = .now) -> [UInt8] {
        switch form {
        case .terminal(let isColored): renderForTerminal(incoming, isColored: isColored, now: now)
        case .lines: renderLine(incoming, now: now)
        case .json: JSONLine(incoming, now: now)?.bytes ?? []
        case .binary: if case .binary(let bytes) = incoming { bytes } else { [] }
        case .receipts, .nothing: []
        }
    }

    /// That the server has a message of the user.
    func renderReceipt(_ receipt: Acknowledgement) -> [UInt8] {
        form == .receipts ? JSONLine(ServerObject.ack(receipt)).bytes : []
    }

    /// That a message of the user will never be sent.
    func renderRefusal(_ problem: Problem) -> [UInt8] {
        form == .receipts ? JSONLine(ServerObject.error(problem)).bytes : []
    }

    /// What the user has said, once it is sent.
    ///
    /// - Parameter isConfirmed: whether the server has acknowledged it; a plain-text server never does.
    func renderOwn(_ text: String, isConfirmed: Bool, now: WallTime = .now) -> [UInt8] {
        guard case .terminal(let isColored) = form else { return [] }
        let name = isColored ? "\(TerminalStyle.bold)you\(TerminalStyle.reset)" : "you"
        let mark = isColored ? " \(TerminalStyle.dim)✓\(TerminalStyle.reset)" : " ✓"
        let line = "\(clock(now, isColored))\(name): \(Self.broken(text))\(isConfirmed ? mark : "")\n"
        return Array(line.utf8)
    }

    private func renderLine(_ incoming: Incoming, now: WallTime) -> [UInt8] {
        guard let text = incoming.spoken else { return [] }
        var line: [UInt8] = []
        if showsTime {
            var timestamps = TimestampFormatter()
            timestamps.append(incoming.time ?? now, to: &line)
            line.append(UInt8(ascii: " "))
        }
        line += EscapedText.escape(text).utf8
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private func renderForTerminal(_ incoming: Incoming, isColored: Bool, now: WallTime) -> [UInt8] {
        guard let text = incoming.spoken else { return [] }
        let body: String
        if isColored, let name = incoming.speaker {
            let rest = String(Substring(text.utf8.dropFirst(name.utf8.count)))
            let color = TerminalStyle.color(ofName: name)
            body = color + EscapedText.escape(name) + TerminalStyle.reset + Self.broken(rest)
        } else {
            body = Self.broken(text)
        }
        return Array("\(clock(incoming.time ?? now, isColored))\(body)\n".utf8)
    }

    /// Several lines stay several, but all further ones are indented, so that none can pass for another's message.
    private static func broken(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { EscapedText.escape(String($0)) }
            .joined(separator: "\n    ")
    }

    private func clock(_ time: WallTime, _ isColored: Bool) -> String {
        guard showsTime else { return "" }
        return isColored ? "\(TerminalStyle.dim)\(time.clock)\(TerminalStyle.reset) " : "\(time.clock) "
    }
}

extension Incoming {
    /// Whose name a spoken line begins with. A plain-text server puts it before the first `: `.
    fileprivate var speaker: String? {
        switch self {
        case .object(.message(let message)):
            return message.from.name
        case .text(let text):
            guard let colon = text.prefix(64).firstIndex(of: ":"), text[colon...].hasPrefix(": ") else { return nil }
            return String(text[..<colon])
        case .object, .binary, .unreadable:
            return nil
        }
    }

    /// When it was said, by the server's clock.
    fileprivate var time: WallTime? {
        if case .object(.message(let message)) = self { WallTime(milliseconds: message.time) } else { nil }
    }
}

/// A message, or something else that others should know of, as one object on a line: the server's own objects as they
/// are, and the like of them for what a plain-text server says.
private struct JSONLine {
    let bytes: [UInt8]

    private struct Plain: Encodable {
        let type = "message"
        let time: Int64
        let text: String
    }

    private struct Binary: Encodable {
        let type = "binary"
        let time: Int64
        /// In base64.
        let data: String
    }

    /// A welcome without the session, which only the client itself should know.
    private struct Greeting: Encodable {
        let type = "welcome"
        let position: PositionText
        let recovered: Bool
        let member: Member
        let channel: String
        let count: Int
        let members: [Member]?
        let maxMessage: Int?
        let rights: [String]?
        let expires: Int64?

        init(_ welcome: Welcome) {
            position = welcome.position
            recovered = welcome.recovered
            member = welcome.member
            channel = welcome.channel
            count = welcome.count
            members = welcome.members
            maxMessage = welcome.maxMessage
            rights = welcome.rights
            expires = welcome.expires
        }
    }

    init?(_ incoming: Incoming, now: WallTime) {
        switch incoming {
        case .object(.ack), .object(.unknown), .unreadable:
            return nil
        case .object(.welcome(let welcome)):
            self.init(Greeting(welcome))
        case .object(let object):
            self.init(object)
        case .text(let text):
            self.init(Plain(time: now.milliseconds, text: text))
        case .binary(let bytes):
            self.init(Binary(time: now.milliseconds, data: Data(bytes).base64EncodedString()))
        }
    }

    init(_ object: some Encodable) {
        let json = String(decoding: ChatProtocol.encode(object).bytes, as: UTF8.self)
        bytes = Array("\(EscapedText.escapeJSON(json))\n".utf8)
    }
}
