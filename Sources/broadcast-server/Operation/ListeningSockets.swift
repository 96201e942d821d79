import Glibc

/// Sockets that listen already, by what they are for: those of systemd, or of the server before this one.
struct ListeningSockets: Sendable, Equatable {
    /// Where clients come.
    var clients: [Int32] = []
    /// Where orders of whoever runs the server are taken.
    var admin: [Int32] = []
    /// Where the server before this one waits for word; nil when there is none.
    var predecessor: Int32?

    /// What each kind is called.
    enum Name: String {
        case http, admin, upgrade
    }

    init() {}

    /// Those that were passed on to this process (sd_listen_fds(3)); none when they are meant for another one.
    ///
    /// - Throws: a failure for those whose use is not known.
    init(
        _ environment: [String: String],
        processID: Int32 = getpid(),
        isLink: (Int32) -> Bool = UpgradeLink.isLink
    ) throws(Failure) {
        let names = environment["LISTEN_FDNAMES"].map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
        guard let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), count > 0,
            let owner = environment["LISTEN_PID"].flatMap({ Int32($0) })
        else { return }
        // A server that starts its successor cannot know the number of that before it runs, and may have gone by now: what
        // nobody else passes on says that it was this one.
        let link = names?.firstIndex(of: Name.upgrade.rawValue).map { Self.first + Int32($0) }
        guard owner == processID || link.map(isLink) ?? false else { return }
        guard count <= Self.maximumCount, names.map({ $0.count == count }) ?? true else {
            throw Failure(.usage, "LISTEN_FDS and LISTEN_FDNAMES do not agree, or are of too many sockets.")
        }
        for index in 0..<count {
            let descriptor = Self.first + Int32(index)
            let name = names?[index] ?? Name.http.rawValue
            switch Name(rawValue: name) {
            case .http: clients.append(descriptor)
            case .admin: admin.append(descriptor)
            case .upgrade: predecessor = descriptor
            case nil:
                throw Failure(
                    .usage,
                    """
                    The service manager has passed on a socket called \(EscapedText.escape(name)): its unit needs \
                    FileDescriptorName=http or FileDescriptorName=admin.
                    """
                )
            }
        }
    }

    /// The first that is passed on.
    static let first: Int32 = 3
    /// More than all addresses of a machine need.
    private static let maximumCount = 64

    /// What the process that gets them is told, besides whom they are for.
    var variables: [String: String] {
        ["LISTEN_FDS": "\(all.count)", "LISTEN_FDNAMES": all.map(\.name.rawValue).joined(separator: ":")]
    }

    /// All of them, in the order in which they are passed on.
    var all: [(name: Name, descriptor: Int32)] {
        clients.map { (.http, $0) } + admin.map { (.admin, $0) } + (predecessor.map { [(.upgrade, $0)] } ?? [])
    }

    func close() {
        for (_, descriptor) in all { Glibc.close(descriptor) }
    }
}
