/// What becomes of the members of a ``BroadcastGroup`` that do not keep up with it.
///
/// A member is behind when its socket took not all it was to be sent. Nothing is queued for it: it only stands at an older
/// place of the log that all share, which is kept for it, so that the memory a group takes is that of its slowest member,
/// at most ``maximumBytesBehind``, one slab of 64 KiB, and what one turn of the loop brings, on each loop and for each
/// encoding. A turn serves its sockets no further once 1 MiB waits, and begins no further jobs once a slab has filled.
public struct SlowMemberPolicy: Sendable, Hashable {
    /// What is done with a member that has reached a limit.
    public enum Action: Sendable, Hashable {
        /// Its connection is closed with 1008; what it was behind is dropped.
        case close
        /// The older part of what it was behind is dropped, as whole messages.
        case dropOldest
        /// It gets what it is behind, but nothing newer until then.
        case dropNewest
    }

    /// What is done at a limit. Default: ``Action/close``.
    public var action: Action
    /// How many bytes a member may be behind, frame headers included. It is looked at at the end of a turn in which a slab of
    /// 64 KiB has filled. Default: 16 MiB.
    public var maximumBytesBehind: Int
    /// How old the oldest message may be that a member has not been sent, longer than zero; nil for any age. It is looked at
    /// every 100 milliseconds. Default: 30 seconds.
    public var maximumTimeBehind: Duration?
    /// Publishers are slowed down while a member is further behind than this many bytes and still reads: reading from those
    /// that send to the group stops, and ``BroadcastGroup/send(_:)`` waits. nil to slow nobody down. Default: 8 MiB.
    public var publishersWaitAboveBytes: Int?
    /// A member that has taken nothing for this long slows nobody down. Default: half a second.
    public var progressGrace: Duration

    public init(
        action: Action = .close,
        maximumBytesBehind: Int = 16 << 20,
        maximumTimeBehind: Duration? = .seconds(30),
        publishersWaitAboveBytes: Int? = 8 << 20,
        progressGrace: Duration = .milliseconds(500)
    ) {
        self.action = action
        self.maximumBytesBehind = maximumBytesBehind
        self.maximumTimeBehind = maximumTimeBehind
        self.publishersWaitAboveBytes = publishersWaitAboveBytes
        self.progressGrace = progressGrace
    }

    func validate() throws(WebSocketError) {
        try SettingRules.require(maximumBytesBehind > 0, "slowMembers.maximumBytesBehind must be positive.")
        try SettingRules.requirePositive(maximumTimeBehind, "slowMembers.maximumTimeBehind")
        try SettingRules.require(
            publishersWaitAboveBytes ?? 0 >= 0,
            "slowMembers.publishersWaitAboveBytes must not be negative."
        )
        try SettingRules.requireNotNegative(progressGrace, "slowMembers.progressGrace")
    }
}

/// Messages that a member of a ``BroadcastGroup`` was not sent, because it did not keep up.
public struct BroadcastLoss: Sendable, Hashable {
    /// How many publications; those of the member itself, which it would not have been sent anyway, do not count.
    public let messageCount: Int
    /// How many announcements.
    public let announcementCount: Int
    /// They come behind this.
    public let start: BroadcastGroup.Position
    /// The last one of them is at this place, or announcements right behind it.
    public let end: BroadcastGroup.Position
    /// How many bytes the member was behind when it reached the limit.
    public let bytesBehind: Int
    /// How long the oldest message had waited then.
    public let timeBehind: Duration

    /// Both in one, when nothing was sent in between.
    func joined(by next: BroadcastLoss) -> BroadcastLoss {
        BroadcastLoss(
            messageCount: messageCount + next.messageCount,
            announcementCount: announcementCount + next.announcementCount,
            start: start,
            end: next.end,
            bytesBehind: max(bytesBehind, next.bytesBehind),
            timeBehind: max(timeBehind, next.timeBehind)
        )
    }
}
