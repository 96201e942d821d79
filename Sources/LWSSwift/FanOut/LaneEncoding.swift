/// One way in which the bytes of a message are made: in a format of the group, for a kind of member.
struct LaneEncoding {
    enum Kind: Int {
        /// For WebSocket connections, as it is.
        case plain
        /// For those that take it compressed.
        case compressed
        /// For event streams.
        case events

        static let count = 3
    }

    let format: Int
    let kind: Kind

    init(format: Int, _ kind: Kind) {
        self.format = format
        self.kind = kind
    }

    var index: Int { format * Kind.count + kind.rawValue }
}
