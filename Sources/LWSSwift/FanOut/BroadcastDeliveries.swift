/// What became of the publications of a ``BroadcastGroup`` on one of its loops, counted for each member that one was for. What
/// members were sent of the history is not among it.
///
/// At any moment, ``due`` is the sum of all the others.
public struct BroadcastDeliveries: Sendable, Hashable {
    /// Publications times members, senders that do not get their own left out.
    public internal(set) var due = 0
    /// Handed to the member's connection.
    public internal(set) var sent = 0
    /// Left out, since the member did not keep up and was told so.
    public internal(set) var lost = 0
    /// Not sent, since the member left or its connection ended before.
    public internal(set) var endedBefore = 0
    /// In the log, for members that are behind or for the end of the turn.
    public internal(set) var inFlight = 0

    public init() {}

    @inline(__always)
    init(due: Int, sent: Int, lost: Int, endedBefore: Int) {
        self.due = due
        self.sent = sent
        self.lost = lost
        self.endedBefore = endedBefore
    }

    /// Those of several loops together.
    public static func + (left: BroadcastDeliveries, right: BroadcastDeliveries) -> BroadcastDeliveries {
        var sum = left
        sum += right
        return sum
    }

    @inline(__always)
    static func += (left: inout BroadcastDeliveries, right: BroadcastDeliveries) {
        left.due += right.due
        left.sent += right.sent
        left.lost += right.lost
        left.endedBefore += right.endedBefore
        left.inFlight += right.inFlight
    }
}
