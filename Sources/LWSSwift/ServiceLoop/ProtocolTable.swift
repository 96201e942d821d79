internal import CLibWebSockets
internal import Glibc

/// The protocols lws knows on a vhost: one, which every socket is bound to, in memory that lws keeps referring to.
@safe
final class ProtocolTable {
    let entries = UnsafeMutablePointer<lws_protocols>.allocate(capacity: 2)

    init() {
        var entry = unsafe lws_protocols()
        unsafe entry.name = Self.baseName
        unsafe entry.callback = lwsCallback
        unsafe entry.tx_packet_size = ServiceLoop.writeBytes
        unsafe entries.initialize(to: entry)
        // The table ends with an all-zero entry.
        unsafe (entries + 1).initialize(to: lws_protocols())
    }

    deinit {
        unsafe entries.deallocate()
    }

    /// Not isolated, because it is made once and never written.
    nonisolated(unsafe) static let baseName = unsafe UnsafePointer(strdup("lwsswift")!)
}
