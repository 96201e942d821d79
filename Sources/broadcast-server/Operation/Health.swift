import LWSSwift
import Synchronization

/// How a server is, for those who look after it (docs/operation.md). May be asked on any thread.
final class Health: Sendable {
    private let loops: [ServiceLoop]
    private let replication: Replication?
    private let leaves = Atomic(false)

    /// How long a loop may take for a turn, and still live: more than any turn takes on a machine that is busy.
    private static let patience = Duration.seconds(1)

    /// Something that was looked at.
    struct Check: Sendable, Equatable {
        let name: String
        /// What is wrong, one line; nil when all is well.
        var fault: String?
    }

    init(_ loops: [ServiceLoop], _ replication: Replication?) {
        self.loops = loops
        self.replication = replication
    }

    /// Nobody should be sent here any more: the server is about to go.
    func beginLeaving() {
        leaves.store(true, ordering: .relaxed)
    }

    /// Whether the process does its work, whatever becomes of what it depends on: to start it anew helps when not.
    var liveness: [Check] {
        get async {
            let turning = await loopsThatTurn()
            return loops.indices.map { index in
                let fault = turning.contains(index) ? nil : "has not turned for \(Self.patience / .seconds(1)) s"
                return Check(name: "loop-\(index + 1)", fault: fault)
            }
        }
    }

    /// Whether clients should be sent here.
    var readiness: [Check] {
        var checks = [Check(name: "serving", fault: leaves.load(ordering: .relaxed) ? "the server is draining" : nil)]
        if let replication { checks.append(Check(name: "cluster", fault: replication.trouble)) }
        return checks
    }

    /// The loops that answer in time, by their index.
    private func loopsThatTurn() async -> Set<Int> {
        let (answers, continuation) = AsyncStream.makeStream(of: Int.self)
        for (index, loop) in loops.enumerated() { loop.execute { continuation.yield(index) } }
        let limit = Task {
            try? await Task.sleep(for: Self.patience)
            continuation.finish()
        }
        defer { limit.cancel() }
        var turning: Set<Int> = []
        for await index in answers {
            turning.insert(index)
            if turning.count == loops.count { break }
        }
        return turning
    }
}
