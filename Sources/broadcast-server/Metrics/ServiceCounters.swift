import LWSSwift

/// What the service counts where something happens once for a client or a request, and not for each message: behind a lock, on
/// whatever thread.
final class ServiceCounters: Sendable {
    struct Counts: Sendable, Equatable {
        /// Opening handshakes that were refused, by the code of the problem.
        var refusedHandshakes: [String: Int] = [:]
        /// Those who came back, or asked for what was said before, by what they got.
        var resumes: [Resume: Int] = [:]
        /// Messages that had come before with their key.
        var duplicates: [Publisher: Int] = [:]
        /// What was published over HTTP, without duplicates.
        var posted = MessageAmount()
    }

    /// What became of the wish for what was said before.
    enum Resume: String, Sendable, CaseIterable {
        /// Nothing was said meanwhile.
        case current
        /// All of it is there.
        case complete
        /// Some, or all, is not there any more.
        case gap
    }

    enum Publisher: String, Sendable, CaseIterable {
        case json, http
    }

    private let counts = Monitor(Counts())

    var current: Counts { counts.withLock { $0 } }

    func refusedHandshake(_ code: Problem.Code) {
        counts.withLock { $0.refusedHandshakes[code.rawValue, default: 0] += 1 }
    }

    func resumed(_ resumption: BroadcastGroup.Resumption) {
        let resume: Resume =
            resumption.missing != nil ? .gap : resumption.start == resumption.end ? .current : .complete
        counts.withLock { $0.resumes[resume, default: 0] += 1 }
    }

    func repeated(_ count: Int, by publisher: Publisher) {
        guard count > 0 else { return }
        counts.withLock { $0.duplicates[publisher, default: 0] += count }
    }

    func posted(_ amount: MessageAmount) {
        counts.withLock { $0.posted = $0.posted + amount }
    }
}
