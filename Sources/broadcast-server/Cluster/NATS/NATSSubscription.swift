internal import CNATS

/// What comes on a subject, told on a thread of libnats until the connection ends.
@safe
final class NATSSubscription: Sendable {
    // Not isolated: libnats locks what it points at, and it lives as long as this object.
    private nonisolated(unsafe) let pointer: OpaquePointer

    /// What libnats is given to call: it lives until libnats has said that it calls it no more.
    final class Listener: Sendable {
        let body: @Sendable (NATSMessage) -> Void

        init(_ body: @escaping @Sendable (NATSMessage) -> Void) {
            self.body = body
        }
    }

    /// - Parameters:
    ///   - listener: what was retained for libnats with ``retained(_:)``.
    init(_ pointer: OpaquePointer, _ listener: UnsafeMutableRawPointer) throws(NATSFault) {
        unsafe self.pointer = pointer
        // What libnats would drop beyond its limits nobody would know of; what a stream sends is bounded by flow control.
        try unsafe NATSFault.check(natsSubscription_SetPendingLimits(pointer, -1, -1))
        try unsafe NATSFault.check(
            natsSubscription_SetOnCompleteCB(
                pointer,
                { listener in
                    guard let listener = unsafe listener else { return }
                    unsafe Unmanaged<Listener>.fromOpaque(listener).release()
                },
                listener
            )
        )
    }

    deinit {
        unsafe natsSubscription_Destroy(pointer)
    }

    static func retained(_ listener: Listener) -> UnsafeMutableRawPointer {
        unsafe Unmanaged.passRetained(listener).toOpaque()
    }

    static func release(_ listener: UnsafeMutableRawPointer) {
        unsafe Unmanaged<Listener>.fromOpaque(listener).release()
    }

    /// What libnats calls for each message.
    static let handler: natsMsgHandler = { _, _, message, listener in
        guard let message = unsafe message, let listener = unsafe listener else { return }
        unsafe Unmanaged<Listener>.fromOpaque(listener)._withUnsafeGuaranteedRef { listener in
            unsafe listener.body(NATSMessage(message))
        }
        unsafe natsMsg_Destroy(message)
    }
}
