internal import CLibWebSockets

/// How one lws context logs, in memory that it keeps referring to: to the same function as all others, but counting its
/// users by itself (versions.h).
@safe
final class ContextLog {
    private let log = UnsafeMutablePointer<clws_log>.allocate(capacity: 1)

    init() {
        unsafe clws_log_begin(log, LogBridge.levels, LogBridge.emit)
    }

    /// For a context, and for each of its vhosts.
    func configure(_ info: inout lws_context_creation_info) {
        unsafe clws_set_log(&info, log)
    }

    deinit {
        unsafe log.deallocate()
    }
}
