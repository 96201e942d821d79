/// What a server has written to its state directory.
struct StorageFigures: Sendable, Equatable {
    /// How long each transaction has taken, those that have failed included.
    private(set) var transactions = DurationHistogram()
    private(set) var failures = 0
    /// Of its files.
    var byteCount = 0

    mutating func count(_ duration: Duration, hasFailed: Bool) {
        transactions.add(duration)
        if hasFailed { failures += 1 }
    }
}
