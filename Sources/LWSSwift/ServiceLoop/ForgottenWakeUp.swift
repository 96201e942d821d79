internal import CLibWebSockets
internal import Glibc

/// The descriptor that wakes lws, which some versions leave open when its context ends
/// (``LibraryVersion/forgetsWakeUp``): closed here then.
///
/// lws does not tell its number. It is an eventfd, and `lws_cancel_service` adds one to its count, so that it is known by
/// what it has counted. Whether the number is still the same descriptor afterwards, and not another thread's new one, is
/// known in the same way: a second descriptor of the same counter is kept, and what is added there must show here.
struct ForgottenWakeUp {
    private let number: Int32
    private let witness: Int32

    /// Nobody else may wake the context meanwhile: called on the loop's thread, after its queue has let go of the context.
    ///
    /// - Parameter candidates: descriptors that may be it, and others.
    init?(of context: OpaquePointer, among candidates: some Sequence<Int32>) {
        let counts = candidates.compactMap { number in OpenDescriptors.eventCount(of: number).map { (number, $0) } }
        // More than anything else adds to a counter of its own in this time.
        let calls: UInt64 = 1_000
        for _ in 0..<calls { unsafe lws_cancel_service(context) }
        guard let found = counts.first(where: { OpenDescriptors.eventCount(of: $0.0) == $0.1 + calls }) else {
            return nil
        }
        number = found.0
        witness = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard witness >= 0 else { return nil }
    }

    /// Closes it if the context, which has ended, has not.
    func close() {
        defer { Glibc.close(witness) }
        let mark = UInt64.random(in: 1 << 32...1 << 62)
        guard unsafe withUnsafeBytes(of: mark, { unsafe write(witness, $0.baseAddress, $0.count) }) == 8 else { return }
        guard let count = OpenDescriptors.eventCount(of: witness), count >= mark else { return }
        if OpenDescriptors.eventCount(of: number) == count { Glibc.close(number) }
    }
}
