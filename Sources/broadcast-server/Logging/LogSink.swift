/// Where log lines end up. Used by one thread, the queue's, which it may block.
protocol LogSink: Sendable {
    /// Whether lines that are formatted before they come here are to be colored.
    var isColored: Bool { get }
    mutating func write(_ items: [LogItem])
    /// Ends its work after the last `write`.
    mutating func close()
}

extension LogSink {
    var isColored: Bool { false }
}
