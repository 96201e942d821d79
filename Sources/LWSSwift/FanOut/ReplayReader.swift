/// Reads a part of a ``Backlog`` for one member. Confined to the loop's thread.
@safe
final class ReplayReader {
    let backlog: Backlog
    private var next: Int
    private var end: Int
    /// Where ``peek()`` has come to.
    private var behindPiece = 0
    /// Whose messages are left out, since they are the member's own.
    private let tag: BroadcastGroup.SessionTag?

    /// Larger pieces would be copied by lws when the socket of a slow reader takes a part of one only.
    private static let pieceBytes = 16 << 10

    init(_ backlog: Backlog, frames: Range<Int>, leavingOut tag: BroadcastGroup.SessionTag?) {
        self.backlog = backlog
        next = frames.lowerBound
        end = frames.upperBound
        self.tag = tag
    }

    /// Whole frames that come next; nil when there are none.
    func peek() -> UnsafeRawBufferPointer? {
        while next < end, isOwn(next) { next += 1 }
        guard next < end else { return nil }
        let start = backlog.frames[next].start
        behindPiece = next + 1
        while behindPiece < end, !isOwn(behindPiece), backlog.end(ofFrame: behindPiece) - start <= Self.pieceBytes {
            behindPiece += 1
        }
        return unsafe backlog.bytes(start..<backlog.end(ofFrame: behindPiece - 1))
    }

    /// What ``peek()`` gave was read.
    func advance() {
        next = behindPiece
    }

    /// It has read some frames of a message, and is to read the others.
    var isWithinMessage: Bool {
        next < end && backlog.frames[next].continuesMessage
    }

    /// Reads nothing behind the message that is under way.
    func stopAtEndOfMessage() {
        var last = next
        while last < end, backlog.frames[last].continuesMessage { last += 1 }
        end = last
    }

    private func isOwn(_ frame: Int) -> Bool {
        tag != nil && backlog.frames[frame].tag == tag
    }
}
