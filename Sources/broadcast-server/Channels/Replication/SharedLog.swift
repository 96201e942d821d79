/// A log that all nodes of a cluster append to and read from: its order is the order of every channel, on each of them.
///
/// An object of this kind is one node's way to the log. It may be used on any thread.
protocol SharedLog: Sendable {
    /// Who this node is in the log.
    var node: NodeID { get }
    /// Which log it is: one that was made anew is another one.
    var epoch: UInt64 { get }
    /// The last place that there was when this node came to the log.
    var lastPlace: SharedPlace { get }
    /// The last place that this node knows of by now, whether or not it was told what stands there.
    var newestPlace: SharedPlace { get }
    /// When the log has sent this node anything last, be it only that it is there, or has stored something for it.
    var lastSign: ContinuousClock.Instant { get }
    /// The most that a batch may have.
    var maximumBatchBytes: Int { get }

    /// Puts a batch in once, and tries again for as long as the log is away or does not answer.
    ///
    /// Batches that are under way at the same time may come to stand in any order: who needs one waits for each answer.
    ///
    /// - Parameters:
    ///   - limit: for how long it is tried.
    ///   - answer: called on any thread, once: with the place, or why it has none as far as is known. After
    ///     ``SharedLogFault/unanswered(_:)`` it may have one all the same, or get it yet.
    func append(
        _ batch: SharedBatch,
        within limit: Duration,
        _ answer: @escaping @Sendable (Result<SharedPlace, SharedLogFault>) -> Void
    )

    /// Tells everything that is kept, in order, and then what comes: once for each object.
    ///
    /// - Parameter body: called on threads of the log's. Batches, and what is lost of them, come one call at a time; while one
    ///   blocks, the log waits, and keeps no more than 32 MiB for this node. The other events may come meanwhile.
    func follow(_ body: @escaping @Sendable (SharedLogEvent) -> Void)

    /// Gives numbers that nobody in the cluster has been given, nor will be: the result and those behind it.
    ///
    /// - Parameters:
    ///   - limit: for how long it is tried.
    ///   - answer: called on any thread, once.
    func reserve(
        _ count: UInt64,
        within limit: Duration,
        _ answer: @escaping @Sendable (Result<UInt64, SharedLogFault>) -> Void
    )

    /// Sends something to one node, past the log: it comes in order, or not at all.
    func send(_ bytes: [UInt8], to node: NodeID)

    /// Ends the way to the log; others are told. What was not answered is answered with ``SharedLogFault/closed``.
    func close()
}

/// What a node learns of a ``SharedLog``.
enum SharedLogEvent: Sendable {
    /// The next batch.
    case batch(LoggedBatch)
    /// Batches between two places were gone before they could be read: this node was too slow, or away for too long.
    case lost(after: SharedPlace, before: SharedPlace)
    /// The log has been made anew, or is gone: its places mean nothing any more.
    case replaced
    /// Another node has sent something to this one.
    case letter([UInt8])
    /// Another node is there.
    case appeared(NodeID)
    /// Another node has not been heard of for a while, or has said that it goes.
    case vanished(NodeID)
    /// This node has lost its way to the log, for the time being; with the reason.
    case away(String)
    /// It has found it again.
    case back
}

/// Why a batch has no place.
enum SharedLogFault: Error, Equatable {
    /// It is larger than a batch may be.
    case tooLarge
    /// The log has said that it does not take it, and will not; with its words.
    case refused(String)
    /// No answer in time; with the last reason. It may have its place all the same.
    case unanswered(String)
    /// This node has ended its way to the log.
    case closed
}
