internal import CLibWebSockets

/// What lws has to know about permessage-deflate: an extension (lws-ws-ext.h) that changes nothing.
///
/// That one is registered and active on a connection lets frames with RSV1 in; their payload arrives as it was sent. The
/// negotiation and zlib are ours. lws' own implementation keeps its state with each connection, 41 KiB to receive and
/// 270 KiB to send, and aborts the process on some messages.
enum DeflateExtension {
    /// The table that vhosts are made with. The same for the process, since lws keeps referring to it.
    nonisolated(unsafe) static let table: UnsafePointer<lws_extension> = {
        let table = UnsafeMutablePointer<lws_extension>.allocate(capacity: 2)
        let entry = unsafe lws_extension(
            name: strdup(DeflateNegotiation.extensionName),
            callback: deflateExtensionCallback,
            client_offer: strdup(DeflateNegotiation.offer)
        )
        unsafe table.initialize(to: entry)
        // The table ends with an all-zero entry.
        unsafe (table + 1).initialize(to: lws_extension())
        return unsafe UnsafePointer(table)
    }()

    /// Without options, lws takes over none of an offer, and passes any answer. Not isolated, because it is made once and
    /// never written.
    fileprivate nonisolated(unsafe) static let noOptions: UnsafePointer<lws_ext_options> = {
        let options = UnsafeMutablePointer<lws_ext_options>.allocate(capacity: 1)
        unsafe options.initialize(to: lws_ext_options())
        return unsafe UnsafePointer(options)
    }()

    /// The line that lws adds to a server's answer.
    static let answerLine = "Sec-WebSocket-Extensions: \(DeflateNegotiation.extensionName)\r\n"
}

/// Called by lws for a connection on which the extension is active.
private func deflateExtensionCallback(
    _ context: OpaquePointer?,
    _ definition: UnsafePointer<lws_extension>?,
    _ wsi: OpaquePointer?,
    _ reason: lws_extension_callback_reasons,
    _ user: UnsafeMutableRawPointer?,
    _ argument: UnsafeMutableRawPointer?,
    _ count: Int
) -> Int32 {
    if reason == LWS_EXT_CB_CONSTRUCT || reason == LWS_EXT_CB_CLIENT_CONSTRUCT {
        // lws asks for the options, whose list it goes through next.
        unsafe argument?.storeBytes(of: DeflateExtension.noOptions, as: UnsafePointer<lws_ext_options>.self)
    }
    return 0
}

/// Which mention of permessage-deflate lws is told to accept.
///
/// lws goes over a client's field by itself (lib/roles/ws/server-ws.c, `lws_extension_server_handshake`) and asks about
/// each mention. It drops the connection when a mention follows the one that was accepted, or when it gets beyond 255
/// bytes; but it stops behind an accepted mention that has parameters and a comma after it. It copies the field to the
/// front of the buffer in which its answer stands 400 bytes further on. The answer that is sent is ours, whichever mention
/// it is.
struct ExtensionMention: Equatable {
    private var remaining: Int

    /// What lws looks at, and what it copies without writing over its answer.
    private static let readBytes = 255
    private static let copiedBytes = 384

    /// nil when lws cannot take the field.
    init?(in field: String) {
        var mentions = 0
        var start = 0
        let bytes = Array(field.utf8)
        guard bytes.count <= Self.copiedBytes else { return nil }
        while start <= bytes.count {
            let end = bytes[start...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\t") } ?? bytes.count
            let name = bytes[start..<end].prefix { $0 != UInt8(ascii: ";") }
            if name.filter({ $0 != UInt8(ascii: " ") }).elementsEqual(DeflateNegotiation.extensionName.utf8) {
                mentions += 1
                let isLast = end == bytes.count || bytes[end] != UInt8(ascii: ",")
                if name.count < end - start, !isLast, end < Self.readBytes {
                    remaining = mentions
                    return
                }
            }
            start = end + 1
        }
        guard bytes.count < Self.readBytes else { return nil }
        remaining = mentions
    }

    /// Whether the mention that lws asks about now is the one.
    mutating func isNext() -> Bool {
        remaining -= 1
        return remaining == 0
    }
}
