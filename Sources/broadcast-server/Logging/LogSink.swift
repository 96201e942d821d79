/// Where log lines end up. Used by one thread, the queue's, which it may block.
protocol LogSink: Sendable {
    mutating func write(_ items: [LogItem])
    /// Ends its work after the last `write`.
    mutating func close()
}
