internal import CNATS
import LWSSwift

/// What came on a subject.
struct NATSMessage: Sendable {
    let subject: String
    let reply: String?
    let bytes: [UInt8]
    /// `Status` of its header, such as 503 when nobody listens; nil for none.
    let status: String?
    /// Of a message that comes from a stream.
    let stored: Stored?

    struct Stored: Sendable {
        let sequence: UInt64
        /// Milliseconds since 1970-01-01 00:00 UTC.
        let time: Int64
        /// How many come behind it, as far as the server knew.
        let pending: UInt64
    }
}

extension NATSMessage {
    /// - Parameter isFromStream: whether it has a place in one.
    init(_ message: OpaquePointer, isFromStream: Bool) {
        unsafe subject = String(cString: natsMsg_GetSubject(message))
        unsafe reply = natsMsg_GetReply(message).map { unsafe String(cString: $0) }
        let count = unsafe Int(natsMsg_GetDataLength(message))
        unsafe bytes = Array(
            UnsafeRawBufferPointer(start: natsMsg_GetData(message).map { unsafe UnsafeRawPointer($0) }, count: count)
        )
        var value: UnsafePointer<CChar>?
        let hasStatus = unsafe count == 0 && natsMsgHeader_Get(message, "Status", &value) == NATS_OK
        unsafe status = hasStatus ? value.map { unsafe String(cString: $0) } : nil
        var data: UnsafeMutablePointer<jsMsgMetaData>?
        if isFromStream, unsafe natsMsg_GetMetaData(&data, message) == NATS_OK, let found = unsafe data {
            unsafe stored = Stored(
                sequence: found.pointee.Sequence.Stream,
                time: found.pointee.Timestamp / 1_000_000,
                pending: found.pointee.NumPending
            )
        } else {
            stored = nil
        }
        unsafe jsMsgMetaData_Destroy(data)
    }
}
