/// Follows what comes first on a connection that has asked for the past, to tell people where the present begins.
///
/// It is for people only: a server that has nothing to replay need not say so, and then the messages of the first moment
/// are taken for old ones.
struct Replay: Sendable {
    /// What was said before comes without delay.
    private static let longestDelay = Duration.seconds(1)

    private let start: ContinuousClock.Instant
    private var isUnderWay: Bool
    private var count = 0

    /// - Parameter isAskedFor: whether the connection has asked for what was said before.
    init(isAskedFor: Bool, at start: ContinuousClock.Instant = .now) {
        isUnderWay = isAskedFor
        self.start = start
    }

    /// Looks at an object; true when a replay with messages in it ends here.
    mutating func ends(with object: ServerObject, at time: ContinuousClock.Instant = .now) -> Bool {
        guard isUnderWay else { return false }
        switch object {
        case .welcome, .gap, .error, .unknown:
            return false
        case .message:
            if count == 0, time - start > Self.longestDelay { isUnderWay = false }
            count += 1
            return false
        case .position:
            isUnderWay = false
            return count > 0
        // None of these is replayed.
        case .joined, .left, .renamed, .members, .ack, .history:
            isUnderWay = false
            return false
        }
    }
}
