internal import Glibc

/// What a server does that another one is to take the place of: shutdown alone closes everything at once.
extension WebSocketServer {
    /// Other descriptors for the listening sockets, to be passed on to a process that is to take over, or to
    /// ``Endpoint/listening(descriptors:)``. The caller owns them; this server goes on accepting.
    ///
    /// - Throws: ``WebSocketError/Code/system`` when the system has no further descriptors, ``WebSocketError/Code/loopStopped``.
    public func copyListeningSockets() async throws(WebSocketError) -> [Int32] {
        let core = cores[0]
        return try await core.loop.run { core.copySockets() }.get()
    }

    /// Accepts nobody any more. Connections go on, HTTP ones to the end of the next answer.
    ///
    /// Returns when those who were accepted last have had their answer. Does nothing the second time.
    ///
    /// - Parameters:
    ///   - areLeft: whether whoever has copies of the listening sockets goes on with them: clients that connect meanwhile
    ///     wait in the system's queue, and the path of a Unix-domain socket stays. Otherwise clients are refused.
    ///   - patience: how long to wait for those who were accepted and say nothing.
    public func stopListening(leavingSockets areLeft: Bool = false, patience: Duration = .milliseconds(500)) async {
        let cores = cores
        let end = ContinuousClock.now + patience
        // On a loop that has ended there is nothing to stop.
        for core in cores { try? await core.loop.run { core.stopListening(areLeft: areLeft) } }
        for core in cores {
            while ContinuousClock.now < end, (try? await core.loop.run { core.owesAnswers }) == true {
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// The WebSocket connections and event streams that are open, on all loops.
    public var subscribers: [BroadcastSubscriber] {
        get async {
            var all: [BroadcastSubscriber] = []
            for core in cores { all += (try? await core.loop.run { core.subscribers }) ?? [] }
            return all
        }
    }
}
