internal import CLibWebSockets
internal import Glibc

/// The protocols lws knows on a vhost: two entries with one callback, in memory that lws keeps referring to.
///
/// lws drops a client whose offered subprotocols are not in the table, and answers with the name it found there. Here the
/// handshake hook decides, without a list given in advance; so the second entry's name is written anew for each opening
/// handshake, with ``SubprotocolName``.
@safe
final class ProtocolTable {
    let entries = UnsafeMutablePointer<lws_protocols>.allocate(capacity: 3)
    private let subprotocol: SubprotocolName

    /// - Parameter receiveBytes: the receive buffer of each connection. It bounds one read, and with it the size of the
    ///   pieces a message arrives in.
    init(receiveBytes: Int, subprotocol: SubprotocolName) {
        self.subprotocol = subprotocol
        for index in 0..<2 {
            var entry = unsafe lws_protocols()
            unsafe entry.name = index == 0 ? Self.baseName : subprotocol.pointer
            unsafe entry.callback = lwsCallback
            unsafe entry.rx_buffer_size = receiveBytes
            unsafe entry.tx_packet_size = ServiceLoop.writeBytes
            unsafe (entries + index).initialize(to: entry)
        }
        // The table ends with an all-zero entry.
        unsafe (entries + 2).initialize(to: lws_protocols())
    }

    deinit {
        unsafe entries.deallocate()
    }

    /// What everything without a subprotocol is bound to: plain HTTP, listening sockets, and clients, whatever they offer.
    /// Not isolated, because it is made once and never written.
    nonisolated(unsafe) static let baseName = unsafe UnsafePointer(strdup("lwsswift")!)
}

/// The subprotocol that lws finds, and names in its answer, in the opening handshake under way on a loop.
@safe
final class SubprotocolName {
    /// lws compares at most this many bytes of a name (lib/roles/ws/server-ws.c, `lws_process_ws_upgrade`).
    static let maximumBytes = 63
    /// What the table has when no subprotocol is offered.
    private static let none = "-"

    private let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: maximumBytes + 1)
    private(set) var value = ""

    init() {
        unsafe buffer.initialize(repeating: 0, count: Self.maximumBytes + 1)
        set(nil)
    }

    deinit {
        unsafe buffer.deallocate()
    }

    var pointer: UnsafePointer<CChar> { unsafe UnsafePointer(buffer) }

    func set(_ name: String?) {
        value = name ?? Self.none
        let bytes = value.utf8.prefix(Self.maximumBytes)
        for (index, byte) in bytes.enumerated() { unsafe buffer[index] = CChar(bitPattern: byte) }
        unsafe buffer[bytes.count] = 0
    }
}
