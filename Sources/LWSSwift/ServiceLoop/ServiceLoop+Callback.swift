internal import CLibWebSockets

/// The one C callback of the package (lws-callbacks.h): finds the Swift object behind the socket and tells it.
///
/// Many reasons come with a stand-in socket, before there is user data, or for the context as a whole; all of these have
/// no object behind them and are answered with 0. `LWS_CALLBACK_EVENT_WAIT_CANCELLED` is one: it only ends the wait, the
/// queue is drained after every turn, and any other answer than 0 would destroy lws' wake-up pipe.
func lwsCallback(
    _ wsi: OpaquePointer?,
    _ reason: lws_callback_reasons,
    _ user: UnsafeMutableRawPointer?,
    _ bytes: UnsafeMutableRawPointer?,
    _ count: Int
) -> Int32 {
    if reason == LWS_CALLBACK_RAW_RX {
        // The hot path: whoever stands behind the socket lives to the end of the turn, also when it hands the socket over.
        guard let wsi = unsafe wsi, let opaque = unsafe lws_get_opaque_user_data(wsi) else { return 0 }
        let reference = unsafe Unmanaged<LoopSocket>.fromOpaque(opaque)
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: count)
        unsafe reference._withUnsafeGuaranteedRef { unsafe $0.receive(bytes) }
        return 0
    }
    switch reason {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED, LWS_CALLBACK_GET_THREAD_ID, LWS_CALLBACK_PROTOCOL_INIT,
        LWS_CALLBACK_PROTOCOL_DESTROY,
        LWS_CALLBACK_ADD_POLL_FD, LWS_CALLBACK_DEL_POLL_FD,
        LWS_CALLBACK_CHANGE_MODE_POLL_FD, LWS_CALLBACK_LOCK_POLL, LWS_CALLBACK_UNLOCK_POLL:
        return 0
    default:
        break
    }
    guard let wsi = unsafe wsi, let opaque = unsafe lws_get_opaque_user_data(wsi) else { return 0 }
    let socket = unsafe Unmanaged<LoopSocket>.fromOpaque(opaque).takeUnretainedValue()
    if reason == LWS_CALLBACK_WSI_DESTROY {
        unsafe socket.detach(wsi)
        socket.ended()
        return 0
    }
    return unsafe socket.handle(reason, bytes, count)
}
