internal import Synchronization

/// How many connections a server has, on all of its loops.
final class ServerLoad: Sendable {
    private let count = Atomic<Int>(0)

    /// Connections that are open or closing.
    var openConnections: Int { count.load(ordering: .relaxed) }

    func connectionOpened() {
        count.add(1, ordering: .relaxed)
    }

    func connectionEnded() {
        count.subtract(1, ordering: .relaxed)
    }
}
