/// What publishers wait for besides the group's own members.
extension BroadcastGroup {
    /// Counts bytes that are on their way to somewhere outside of the group, such as a disk: while there are more than
    /// ``Configuration/maximumRelayBytes``, together with those between loops, publishers are slowed down. On any thread.
    public func bytesBegan(_ count: Int) {
        congestion.relayBegan(count)
    }

    /// They have arrived, or never will. On any thread.
    public func bytesEnded(_ count: Int) {
        congestion.relayEnded(count)
    }

    /// Slows a member down that publishes past the group, if publishers are to wait: its connection is not read from until they
    /// are not. On one of the group's loops.
    public func slowDown(_ member: BroadcastMember) {
        if congestion.isPresent { congestion.pause(member.core) }
    }

    /// The number of the oldest publication that the history keeps on the loop this is asked on, one of the group's; nil when
    /// it keeps none.
    public var oldestNumber: UInt64? {
        sequencer.shards.current("BroadcastGroup.oldestNumber").history?.oldest
    }
}
