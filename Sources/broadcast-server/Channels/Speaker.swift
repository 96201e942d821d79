import LWSSwift
import Logging

/// Who says something and where, as the log begins a line with it: made once for all that somebody says.
struct Speaker: Sendable {
    /// Up to the text: fit for a terminal, or the fields of an object of JSON (``JSONLogLine``).
    let label: [UInt8]

    /// - Parameter isNamed: whether it has a name of its own.
    init(_ member: Member, isNamed: Bool, in channel: ChannelName, _ format: LogFormat) {
        label =
            switch format {
            case .text: Self.label("Client \(member.id)" + (isNamed ? " (\(member.name))" : ""), in: channel)
            case .json: Self.fields([("client", member.id.number), ("name", member.name), ("channel", channel)])
            }
    }

    /// No member, who has a name of its own choice, and so is told by its address, too.
    ///
    /// - Parameter trace: what its request belongs to; nil for nothing that is known.
    init(
        publisher name: String,
        address: SocketAddress?,
        _ trace: TraceParent?,
        in channel: ChannelName,
        _ format: LogFormat
    ) {
        switch format {
        case .text:
            let traced = trace.map { ", trace \($0.traceID)" } ?? ""
            label = Self.label("Publisher \(name)" + (address.map { " (\($0))" } ?? ""), in: channel, traced)
        case .json:
            label = Self.fields([
                ("name", name), ("address", address), ("channel", channel), ("trace_id", trace?.traceID),
                ("span_id", trace?.spanID),
            ])
        }
    }

    private static func label(_ who: String, in channel: ChannelName, _ traced: String = "") -> [UInt8] {
        let place = channel == .default ? "" : " in \(channel)"
        return Array("\(EscapedText.escape(who + place))\(traced): ".utf8)
    }

    private static func fields(_ fields: [(key: String, value: (any CustomStringConvertible & Sendable)?)]) -> [UInt8] {
        var label: [UInt8] = []
        JSONLogLine.append(Logger.eventKey, .string(LogEventName.message.rawValue), to: &label)
        for (key, value) in fields {
            if let value { JSONLogLine.append(key, .stringConvertible(value), to: &label) }
        }
        return label
    }
}
