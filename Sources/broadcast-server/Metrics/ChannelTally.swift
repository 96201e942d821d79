import LWSSwift

/// A number that each channel of one name begins anew, counted on over all of them: what one of them has counted since it was
/// looked at last, and took along, is missing.
struct ChannelTally: Sendable {
    private var total = 0
    private var last = 0
    private weak var group: BroadcastGroup?

    /// - Parameters:
    ///   - count: what the channel has counted now; nil when there is none.
    ///   - group: the channel's.
    /// - Returns: the number of all of them.
    mutating func take(_ count: Int?, of group: BroadcastGroup?) -> Int {
        guard let count, let group else { return total + last }
        if self.group !== group {
            total += last
            (last, self.group) = (0, group)
        }
        // Of two who ask at once the first may come last.
        last = max(last, count)
        return total + last
    }
}
