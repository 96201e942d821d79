internal import CLibWebSockets
internal import Glibc
internal import Logging

/// Carries libwebsockets' own log lines to the logger of the loop whose thread they arise on.
///
/// lws has one log function per process (lws-logs.h, `lws_set_log_level`), and formats every line in one static buffer,
/// so two loops that log in the same instant may mix their lines: errors and warnings only are asked for.
enum LogBridge {
    /// The key under which a loop's thread keeps its loop; lws calls `emit` on that thread.
    private static let currentLoop: pthread_key_t = {
        var key = pthread_key_t()
        let result = unsafe pthread_key_create(&key, nil)
        precondition(result == 0, "No thread-specific data key is left in this process.")
        return key
    }()

    /// Routes the lines that arise on this thread to `loop`, until it is called with nil.
    static func attach(_ loop: ServiceLoop?) {
        unsafe pthread_setspecific(currentLoop, loop.map { unsafe Unmanaged.passUnretained($0).toOpaque() })
    }

    /// Installs the emit function for what has no context: once, since lws writes to what other loops read.
    static func install() {
        _ = isInstalled
    }

    private static let isInstalled: Void = unsafe lws_set_log_level(levels, emit)

    static let levels = LLL_ERR | LLL_WARN

    /// What lws calls for each line.
    static let emit: @convention(c) (_ level: Int32, _ line: UnsafePointer<CChar>?) -> Void = { level, line in
        guard let line = unsafe line, let opaque = unsafe pthread_getspecific(LogBridge.currentLoop) else { return }
        let text = LogBridge.withoutPrefix(unsafe String(cString: line))
        guard !LogBridge.isHarmless(text) else { return }
        let loop = unsafe Unmanaged<ServiceLoop>.fromOpaque(opaque).takeUnretainedValue()
        loop.lastLibraryError = text
        loop.logger.log(level: LogBridge.level(level), "libwebsockets: \(text)")
    }

    /// What some versions say at every start (`LibraryVersion.warnsOfSecondRouteMonitor`), of something that is not wanted.
    private static func isHarmless(_ text: String) -> Bool {
        LibraryVersion.loaded.warnsOfSecondRouteMonitor && text.hasSuffix("netlink bind failed")
    }

    /// lws calls a refused handshake or a peer's bad header an error; nobody should be woken by what a peer does.
    private static func level(_ level: Int32) -> Logger.Level {
        level & LLL_ERR != 0 ? .warning : .notice
    }

    /// Since 4.3 lines begin with `[date time] L: `, and all end with a newline.
    private static func withoutPrefix(_ line: String) -> String {
        var text = line[...]
        while let last = text.last, last.isNewline { text.removeLast() }
        if text.first == "[", let end = text.firstIndex(of: "]") {
            text = text[text.index(after: end)...].drop { $0 == " " }
            if text.dropFirst().first == ":" { text = text.dropFirst(2).drop { $0 == " " } }
        }
        return String(text)
    }
}
