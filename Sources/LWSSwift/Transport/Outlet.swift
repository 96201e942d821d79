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
    /// What encrypts; nil for a plain socket. Not counted: it lives as long as the socket it belongs to.
    private let tls: Unmanaged<TLSSession>?

    init(_ wsi: OpaquePointer, _ tls: TLSSession? = nil) {
        unsafe self.wsi = wsi
        unsafe self.tls = unsafe tls.map { unsafe Unmanaged.passUnretained($0) }
    }

    /// Writes all of it, at most ``ServiceLoop/writeBytes``.
    ///
    /// The result of `lws_write` is no count: only a negative one means something, and `lws_partial_buffered` tells
    /// whether lws keeps a rest (lib/core-net/output.c, `lws_issue_raw`).
    @inline(__always)
    func write(_ start: UnsafeRawPointer?, _ count: Int) -> WriteOutcome {
        if let tls = unsafe tls { return unsafe write(start, count, through: tls) }
        guard unsafe clws_write_raw_bytes(wsi, start, count) >= 0 else { return .broken }
        return isHolding ? .held : .taken
    }

    private func write(_ start: UnsafeRawPointer?, _ count: Int, through tls: Unmanaged<TLSSession>) -> WriteOutcome {
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
        guard unsafe tls._withUnsafeGuaranteedRef({ unsafe $0.write(bytes) }) else { return .broken }
        return isHolding ? .held : .taken
    }

    /// Whether lws keeps a rest of what was written before.
    @inline(__always)
    var isHolding: Bool { unsafe lws_partial_buffered(wsi) != 0 }
}
