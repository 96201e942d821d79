internal import Synchronization

/// A stream that may be a member of groups: a WebSocket connection or an event stream. It has what both need to write what
/// is for them alone and what is for all in one order: a queue, and places in groups.
///
/// What the end of a turn writes to ready members alike asks nothing of it: that goes through their ``Outlet``.
///
/// Reason for the unchecked conformance: the references that travel are the public handles; they read the immutable
/// part, and reach the rest through the loop, whose thread is checked there.
class Subscriber: StreamSocket, @unchecked Sendable {
    final let id: UInt64

    // MARK: Confined to the loop's thread

    final var isMarkedForFlush = false
    /// It goes on with what it missed in a later turn (``ReplayTurns``).
    final var waitsToReplay = false
    /// What is for it alone.
    final var outbound = OutboundQueue()
    /// Its places in groups.
    final var memberships = Memberships.none

    private static let lastID = Atomic<UInt64>(0)

    override init(_ loop: ServiceLoop) {
        id = Self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        super.init(loop)
    }

    // MARK: For subclasses

    /// Whether anything may still be sent to it.
    var isOpen: Bool { false }

    /// A group lets it go: it does not keep up.
    func endSinceTooSlow() {}

    /// Queues something that stands in the place of messages of a group, whatever waits already.
    func sendInPlace(_ notice: BroadcastMember.Notice) {}

    /// The same, as it is written when its place in a group's log has come.
    func bytes(of notice: BroadcastMember.Notice) -> [UInt8] { [] }

    /// Stops reading what it publishes. True when it was read from.
    func pausePublishing() -> Bool { false }

    /// Reads what it publishes again.
    func resumePublishing() {}

    /// The socket is full: lws holds what it did not take.
    func writingStalled() {}

    /// As much was written as the socket takes.
    func hasWritten() {}

    // MARK: Writing

    final var queuedBytes: Int { outbound.byteCount + heldBytes }
    /// Whatever is written to the socket now is in its place.
    final var hasNothingToWrite: Bool { outbound.isEmpty && !isHolding }

    final func markForFlush() {
        guard !isMarkedForFlush else { return }
        isMarkedForFlush = true
        loop.unflushed.append(self)
    }

    /// The end of a turn: writes what was queued in it.
    final func flush() {
        isMarkedForFlush = false
        write()
    }

    /// Writes until everything is written or the socket is full. Every write carries whole frames.
    final func write() {
        guard let outlet, !isHolding else { return }
        if memberships.isEmpty, outbound.urgent.isEmpty {
            while let segment = outbound.first {
                outbound.removeFirst()
                // A place behind memberships that have ended meanwhile.
                if segment.bytes.isEmpty { continue }
                let outcome = unsafe segment.bytes.withUnsafeBytes {
                    unsafe outlet.write($0.baseAddress, $0.count)
                }
                noteWritten(outcome, segment.bytes.count)
                guard outcome == .taken else { break }
            }
        } else {
            writeWithGroups(outlet)
        }
        hasWritten()
    }

    /// Notes what became of a write, for whoever waits for it.
    final func noteWritten(_ outcome: WriteOutcome, _ count: Int) {
        wrote(outcome, count)
        switch outcome {
        case .taken: break
        case .held:
            writingStalled()
            standApart()
            for member in memberships { member.socketIsFull() }
        case .broken: outbound.removeAll()
        }
    }
}
