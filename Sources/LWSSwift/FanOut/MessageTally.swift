/// What a message is in the order of a group.
enum MessageRole {
    /// It has a number of its own, and is kept in the history.
    case publication
    /// It has its place in the order, but no number, such as the news that somebody has come.
    case announcement
}

/// A number of messages, by what they are.
struct MessageTally: Equatable {
    var publications = 0
    var announcements = 0

    @inline(__always)
    mutating func count(_ role: MessageRole) {
        switch role {
        case .publication: publications += 1
        case .announcement: announcements += 1
        }
    }

    var isEmpty: Bool { publications == 0 && announcements == 0 }

    static func + (left: MessageTally, right: MessageTally) -> MessageTally {
        MessageTally(
            publications: left.publications + right.publications,
            announcements: left.announcements + right.announcements
        )
    }

    static func - (left: MessageTally, right: MessageTally) -> MessageTally {
        MessageTally(
            publications: left.publications - right.publications,
            announcements: left.announcements - right.announcements
        )
    }

    static func += (left: inout MessageTally, right: MessageTally) { left = left + right }
    static func -= (left: inout MessageTally, right: MessageTally) { left = left - right }
}
