import Glibc

/// Whoever has started the program and wants to hear how it is, such as systemd: a socket that takes datagrams (sd_notify(3)).
/// What cannot be delivered is dropped, as nobody else could do anything about it either.
struct ServiceManager: Sendable {
    /// What it can be told.
    enum News: Equatable, Sendable {
        case ready
        /// The configuration is read anew; to be followed by ``ready``.
        case reloading
        case stopping
        /// It takes so long, and should not be cut short before.
        case takes(Duration)
        /// One line for people.
        case status(String)
        /// All is well, as is to be told now and then (``watchdogInterval``).
        case alive
        /// Another process goes on with the service.
        case mainProcess(Int32)

        var lines: [String] {
            switch self {
            case .ready: ["READY=1"]
            // Tells this reload from one before it (systemd 253).
            case .reloading: ["RELOADING=1", "MONOTONIC_USEC=\(News.monotonicMicroseconds)"]
            case .stopping: ["STOPPING=1"]
            case .takes(let duration): ["EXTEND_TIMEOUT_USEC=\(Int64(duration / .microseconds(1)))"]
            case .status(let text): ["STATUS=\(text)"]
            case .alive: ["WATCHDOG=1"]
            case .mainProcess(let number): ["MAINPID=\(number)"]
            }
        }

        private static var monotonicMicroseconds: Int64 {
            var time = timespec()
            unsafe clock_gettime(CLOCK_MONOTONIC, &time)
            return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
        }
    }

    private let path: [UInt8]
    /// Within which time it wants to hear that all is well; nil when it does not.
    let watchdogInterval: Duration?

    /// nil when nobody wants to hear anything.
    init?(_ environment: [String: String]) {
        var path = Array((environment["NOTIFY_SOCKET"] ?? "").utf8)
        guard path.count > 1, path.count < Self.maximumPathBytes else { return nil }
        switch path[0] {
        case UInt8(ascii: "/"): break
        // An address in no file system (unix(7), "abstract").
        case UInt8(ascii: "@"): path[0] = 0
        default: return nil
        }
        self.path = path
        // Who is meant by the variable may be the parent, which has passed it on.
        let isMeant = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
        watchdogInterval =
            isMeant
            ? environment["WATCHDOG_USEC"].flatMap(Int64.init).flatMap { $0 > 0 ? .microseconds($0) : nil } : nil
    }

    private static let maximumPathBytes = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

    /// Tells that all is well as often as is wanted, until the task is cancelled.
    ///
    /// - Parameter wasReady: it was told for the last time a while ago.
    func keepAlive(wasReady: Bool) async {
        guard let watchdogInterval else { return }
        if wasReady, !Task.isCancelled { tell(.alive) }
        while (try? await Task.sleep(for: watchdogInterval / 4)) != nil { tell(.alive) }
    }

    /// Tells several things as one.
    func tell(_ news: News...) {
        let text = Array(news.flatMap(\.lines).joined(separator: "\n").utf8)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        // Of an address in no file system all bytes count that are told.
        let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + path.count)
        unsafe withUnsafeBytes(of: &address) { address in
            let address = unsafe address.assumingMemoryBound(to: sockaddr.self).baseAddress
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            _ = unsafe sendto(descriptor, text, text.count, flags, address, length)
        }
    }
}
