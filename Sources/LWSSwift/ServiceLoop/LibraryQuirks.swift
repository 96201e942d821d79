/// What versions of libwebsockets do wrongly or differently, as far as this package has to answer it. docs/versions.md has
/// the whole table; fields that only some versions have are in versions.h.
extension LibraryVersion {
    /// Before 4.2: the end of a context closes the descriptor that wakes it twice (lib/core-net/vhost.c,
    /// `lws_destroy_event_pipe`). Answered by `UVEngine.destroy`.
    var closesWakeUpTwice: Bool { self < LibraryVersion(4, 2, 0) }

    /// 4.3.4 to 4.3.6, 4.4.0 and 4.4.1: the end of a context forgets the descriptor that wakes it and leaves it open
    /// (lib/core-net/close.c, `__lws_close_free_wsi_final`). Answered by ``ForgottenWakeUp``.
    var forgetsWakeUp: Bool {
        LibraryVersion(4, 3, 4)...LibraryVersion(4, 3, 6) ~= self
            || LibraryVersion(4, 4, 0)...LibraryVersion(4, 4, 1) ~= self
    }

    /// From 4.2 on: a context hears of the system's routes, and closes connections whose peer it thinks unreachable
    /// (lib/core-net/route.c, `_lws_route_pt_close_unroutable`). Answered by ``RouteMonitor``.
    var watchesRoutes: Bool { self >= LibraryVersion(4, 2, 0) }

    /// 4.2 to 4.3.3: only the first context of a process can watch them; each other one logs a warning. Answered by
    /// ``LogBridge``.
    var warnsOfSecondRouteMonitor: Bool { LibraryVersion(4, 2, 0)...LibraryVersion(4, 3, 3) ~= self }
}
