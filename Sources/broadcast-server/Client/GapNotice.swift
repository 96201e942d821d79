/// What people are told of a gap.
enum GapNotice {
    /// One line; it has nothing of a peer in it.
    static func line(_ gap: Gap) -> String {
        "— \(what(gap.missing)): \(why(gap)) —"
    }

    private static func what(_ missing: UInt64?) -> String {
        switch missing {
        case nil: "Messages may be missing"
        case 1: "1 message is missing"
        case let count?: "\(count) messages are missing"
        }
    }

    private static func why(_ gap: Gap) -> String {
        switch gap.reason {
        case .expired: "the server no longer has \(gap.missing == 1 ? "it" : "them")"
        case .epoch: "the server has begun anew since"
        case .future: "the server has not come as far"
        case .malformed: "the server does not know the position"
        case .forbidden: "the right to what was said before is missing here"
        case .slow: "they came faster than they were read\(gap.behind.map { ", \(lag($0)) behind" } ?? "")"
        default: "the server does not say why"
        }
    }

    private static func lag(_ lag: Gap.Lag) -> String {
        let tenths = max(lag.milliseconds, 0) / 100
        return "\(max(lag.bytes, 0) >> 10) KiB and \(tenths / 10).\(tenths % 10) s"
    }
}
