internal import CLibWebSockets

/// What became of the bytes that a socket was given.
enum WriteOutcome {
    /// The system has all of them.
    case taken
    /// The socket is full: lws holds what it did not take, and nothing more may be written until that has left.
    case held
    /// The connection is lost.
    case broken
}

/// Where the bytes of a socket go out: the only code of the package that calls lws' write.
///
/// It is a value, so that a flush of ten thousand members touches no object of theirs.
@safe
struct Outlet {
    let wsi: OpaquePointer

    init(_ wsi: OpaquePointer) {
        unsafe self.wsi = wsi
    }

    /// Writes all of it, at most ``ServiceLoop/writeBytes``.
    ///
    /// The result of `lws_write` is no count: only a negative one means something, and `lws_partial_buffered` tells
    /// whether lws keeps a rest (lib/core-net/output.c, `lws_issue_raw`).
    @inline(__always)
    func write(_ start: UnsafeRawPointer?, _ count: Int) -> WriteOutcome {
        guard unsafe clws_write_raw_bytes(wsi, start, count) >= 0 else { return .broken }
        return isHolding ? .held : .taken
    }

    /// Whether lws keeps a rest of what was written before.
    @inline(__always)
    var isHolding: Bool { unsafe lws_partial_buffered(wsi) != 0 }
}
