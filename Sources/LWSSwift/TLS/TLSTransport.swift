/// What a ``TLSSession`` stands on and works for: it is given ciphertext to send, and plaintext that arrived.
///
/// All calls come on the loop's thread and from within a call into the session.
protocol TLSTransport: AnyObject {
    /// Sends a record or several, whole: what the socket does not take now must be kept and sent later. False when the
    /// transport is dead. Called from within OpenSSL: it must not call the session.
    func send(ciphertext: UnsafeRawBufferPointer) -> Bool

    /// The handshake is done: from now on there is plaintext both ways.
    func tlsSecured()

    /// Plaintext arrived, of one record at most; it is valid, and may be changed, during the call.
    func tlsReceived(_ plaintext: UnsafeMutableRawBufferPointer)

    /// Whether plaintext may come: asked before each call that brings some. While it may not, the session keeps the rest
    /// of the ciphertext, until ``TLSSession/resume()``.
    var wantsPlaintext: Bool { get }

    /// No more plaintext comes. Called at most once; never for a transport that just ends.
    func tlsEnded(_ end: TLSEnd)
}

/// How a TLS session ends.
enum TLSEnd {
    /// The peer has said that it sends no more (close_notify). Writing still goes.
    case closedByPeer
    /// The handshake, or a record, was not right; an alert has been sent.
    case failed(TLSFailure)
}
