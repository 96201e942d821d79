/// What the limits have come to, counted where they are felt: for metrics.
struct LimitCounters: Sendable, Equatable {
    /// How often somebody was not let in, by the reason.
    var refusals: [Refusal: Int] = [:]
    /// Sockets of one address beyond its limit, closed as they came.
    var refusedSockets = 0
    /// Connections that did not begin with the header of a proxy.
    var badProxyHeaders = 0
    /// How often a sender was slowed down that was free before.
    var slowedSenders = 0
    /// For how many seconds senders had to wait at least, all together: they go on a little later than they might.
    var slowedSeconds = 0.0
}
