/// Where log lines end up. Used by one thread, the queue's, which it may block.
protocol LogSink: Sendable {
    /// How lines look there.
    var style: LogLineFormatter.Style { get }
    mutating func write(_ batch: LogBatch)
    /// Ends its work after the last `write`.
    mutating func close()
}
