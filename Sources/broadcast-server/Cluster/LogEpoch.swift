import Glibc

/// Which log a stream is: what its description says, so that all servers of NATS say the same at all times, whoever of several
/// nodes has made it. One that was made without, by hand, is known by the time of its making.
struct LogEpoch: Equatable {
    let rawValue: UInt64

    private static let beginning = "Log of broadcast-server, begun at "

    /// That of a log that begins now.
    static var new: LogEpoch {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return LogEpoch(rawValue: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    init(description: String, created: Int64) {
        let number = description.hasPrefix(Self.beginning) ? UInt64(description.dropFirst(Self.beginning.count)) : nil
        rawValue = number ?? UInt64(bitPattern: created)
    }

    /// What a stream says of itself to have this one.
    var description: String { "\(Self.beginning)\(rawValue)" }
}

extension JetStream.StreamState {
    var epoch: LogEpoch { LogEpoch(description: description, created: created) }
}
