import LWSSwift

/// What changes a channel of a cluster: it is appended to the log by one node, and applied by all of them when it has its
/// place there, each of which comes to the same.
enum ChannelEntry: Sendable, Equatable {
    /// A connection becomes a member.
    case join(Arriving)
    /// The connection of a member has ended.
    case leave(Leaving)
    /// A member takes another name, or gives it up.
    case rename(Renaming)
    /// A member says something.
    case message(Spoken)
    /// Somebody who is no member says something.
    case posting([Posting.Parcel])
    /// Looks who has not come back in time, by the clock of the log.
    case expire
    /// A session without a connection is forgotten, since there are too many.
    case forget(SessionID)

    /// Which link is meant, counted by the node that appends.
    typealias LinkNumber = UInt64

    struct Arriving: Sendable, Equatable {
        var link: LinkNumber
        /// What it says it is known by; nil for one without a session.
        var identity: JoinRequest.Identity
        /// The name that it asks for.
        var name: String?
        /// The id that it gets if it is new.
        var member: ClientID
        /// The session that it gets if it gets a new one.
        var session: SessionID
        /// When its connection was made, by the clock of its node in milliseconds: what a node has held up for a while does not
        /// take the place of what has come since.
        var since: Int64
        /// It was a member all the time, though the others have taken it for lost: it has to give way to itself on another
        /// node.
        var isBack = false
    }

    struct Leaving: Sendable, Equatable {
        var link: LinkNumber
        var member: ClientID
        var session: SessionID?
        /// It does not come back.
        var isForGood: Bool
    }

    struct Renaming: Sendable, Equatable {
        var link: LinkNumber
        var member: ClientID
        var session: SessionID?
        var name: String?
    }

    struct Spoken: Sendable, Equatable {
        var link: LinkNumber
        /// As it is called: what it was called when it said that.
        var author: Member
        /// Its session, and what that is called among the authors of the history.
        var session: SessionID?
        var tag: UInt32
        var key: MessageKey?
        var content: WebSocketMessage
    }

    /// How many messages it says.
    var publications: Int {
        switch self {
        case .message: 1
        case .posting(let parcels): parcels.reduce(0) { $0 + $1.messages.count }
        case .join, .leave, .rename, .expire, .forget: 0
        }
    }
}

/// What nodes tell of themselves in the log, at one place for all channels.
enum NodeEntry: Sendable, Equatable {
    /// A node has come: who knows who is there tells it.
    case hello(NodeID)
    /// Nobody knows who is there: this one takes for that what it has read in the log, where all have lost their connections.
    case begin(NodeID)
    /// A node is gone: the connections of its members are lost.
    case lost(NodeID)
}
