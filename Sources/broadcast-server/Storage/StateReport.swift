import FoundationEssentials
import LWSSwift

/// What ``StateCheck`` has found, for people or for programs.
enum StateReport {
    /// A line for all, and with `isVerbose` one for each channel; damage in any case.
    static func text(_ check: StateCheck, isVerbose: Bool) -> String {
        var lines = [
            """
            \(check.channels.count) channels, \(check.messages) messages of \(check.bytes) bytes, \
            \(check.sessions) sessions, \(check.keys) keys; \
            \(check.server.isClean ? "ended in good order" : "in use, or not ended in good order")
            """
        ]
        for channel in check.channels where isVerbose || !channel.problems.isEmpty {
            let oldest = channel.oldest.map { " from \($0)" } ?? ""
            lines.append(
                """
                \(channel.head.name) at \(position(channel)): \(channel.messages) messages\(oldest), \
                \(channel.bytes) bytes, \(channel.sessions) sessions, \(channel.keys) keys
                """
            )
            lines += channel.problems.map { "\(channel.head.name): damaged: \(EscapedText.escape($0))" }
        }
        lines.append(check.isSound ? "sound" : "damaged")
        return lines.map { $0 + "\n" }.joined()
    }

    /// One object.
    static func json(_ check: StateCheck) -> String {
        let report = Report(
            sound: check.isSound,
            clean: check.server.isClean,
            messages: check.messages,
            bytes: check.bytes,
            sessions: check.sessions,
            keys: check.keys,
            channels: check.channels.map { channel in
                Report.Channel(
                    channel: channel.head.name.text,
                    position: position(channel),
                    messages: channel.messages,
                    bytes: channel.bytes,
                    sessions: channel.sessions,
                    keys: channel.keys,
                    problems: channel.problems
                )
            }
        )
        return String(decoding: ChatProtocol.encodeByFoundation(report).bytes, as: UTF8.self) + "\n"
    }

    private static func position(_ channel: StateCheck.Channel) -> String {
        "\(String(channel.head.epoch, radix: 36)).\(channel.head.number)"
    }

    private struct Report: Encodable {
        struct Channel: Encodable {
            let channel: String
            let position: String
            let messages, bytes, sessions, keys: Int
            let problems: [String]
        }

        let sound, clean: Bool
        let messages, bytes, sessions, keys: Int
        let channels: [Channel]
    }
}
