import Glibc

/// One end of what a server and the one that is to take its place have between them: each word is a packet of its own.
struct UpgradeLink: Sendable {
    enum Word: Equatable, Sendable {
        /// The new server has looked at its configuration, and waits.
        case ready
        /// The new server cannot start, and says why.
        case failed(String)
        /// It is the new server's turn: the old one had so many connections, and has nothing any more.
        case go(connections: Int)
    }

    let descriptor: Int32
    /// The longest word, in bytes; of a longer one the rest is cut off.
    private static let maximumBytes = 4_096

    /// Both ends.
    static func pair() throws(SystemError) -> (UpgradeLink, UpgradeLink) {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SystemError() }
        return (UpgradeLink(descriptor: ends[0]), UpgradeLink(descriptor: ends[1]))
    }

    /// Whether a descriptor may be one end: a socket of packets, as nothing else is that is passed on.
    static func isLink(_ descriptor: Int32) -> Bool {
        var type: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0
            && type == Int32(SOCK_SEQPACKET.rawValue)
    }

    /// - Returns: false when nobody is at the other end.
    func say(_ word: Word) -> Bool {
        let bytes = Array(word.text.utf8.prefix(Self.maximumBytes))
        return unsafe send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Blocks until the other end says something; nil when it has gone, says what is no word, or `limit` has passed.
    func hear(within limit: Duration? = nil) -> Word? {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let timeout = limit.map { Int32(clamping: Int64($0 / .milliseconds(1))) } ?? -1
        // A signal may cut it short, on this thread none does.
        guard unsafe poll(&event, 1, timeout) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Self.maximumBytes)
        let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Word(text: String(decoding: bytes.prefix(count), as: UTF8.self))
    }

    /// Has whoever waits at either end hear that this one has gone.
    func hangUp() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    func close() {
        Glibc.close(descriptor)
    }
}

extension UpgradeLink.Word {
    var text: String {
        switch self {
        case .ready: "ready"
        case .failed(let reason): "failed \(reason)"
        case .go(let connections): "go \(connections)"
        }
    }

    init?(text: String) {
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        switch (parts.first, parts.dropFirst().first) {
        case ("ready", nil): self = .ready
        case ("failed", let reason?): self = .failed(reason)
        case ("go", let count?):
            guard let count = Int(count), count >= 0 else { return nil }
            self = .go(connections: count)
        default: return nil
        }
    }
}
