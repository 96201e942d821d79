/// The batches of a node that have no place yet: which of them is to be sent again, and when one is given up. Pure: no
/// clock, nothing is sent here.
struct PendingAppends: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias Answer = @Sendable (Result<SharedPlace, SharedLogFault>) -> Void

    /// Names one for as long as it waits.
    struct Ticket: RawRepresentable, Sendable, Hashable {
        let rawValue: UInt64
    }

    struct Append: Sendable {
        let batch: SharedBatch
        fileprivate let deadline: Instant
        fileprivate let answer: Answer
        fileprivate var nextTry: Instant
        fileprivate var failures = 0
        fileprivate var reason = "no answer"
    }

    /// What has come to its end.
    struct Outcome: Sendable {
        fileprivate let answer: Answer
        fileprivate let result: Result<SharedPlace, SharedLogFault>

        func tell() {
            answer(result)
        }
    }

    /// How long an answer is waited for before the batch is sent again: a server that stands still says nothing.
    static let answerLimit = Duration.seconds(2)
    /// What is waited for after one that has failed at once, twice as long each time.
    static let pause: (shortest: Duration, longest: Duration) = (.milliseconds(50), .seconds(1))

    private var appends: [Ticket: Append] = [:]
    private var lastTicket: UInt64 = 0

    var count: Int { appends.count }

    subscript(ticket: Ticket) -> Append? { appends[ticket] }

    /// Takes in a batch that is to be sent now.
    mutating func add(_ batch: SharedBatch, until deadline: Instant, now: Instant, _ answer: @escaping Answer) -> Ticket
    {
        lastTicket += 1
        let ticket = Ticket(rawValue: lastTicket)
        appends[ticket] = Append(
            batch: batch,
            deadline: deadline,
            answer: answer,
            nextTry: now + Self.answerLimit
        )
        return ticket
    }

    /// What a try has come to.
    ///
    /// - Returns: nil when the batch is to be sent again, or is not known any more.
    mutating func take(_ answer: PublishAcknowledgement, for ticket: Ticket, now: Instant) -> Outcome? {
        guard var append = appends[ticket] else { return nil }
        switch answer {
        case .stored(let sequence): return end(ticket, .success(SharedPlace(rawValue: sequence)))
        case .refused(let reason): return end(ticket, .failure(.refused(reason)))
        case .later(let reason):
            append.reason = reason
            let pause = min(Self.pause.shortest * (1 << min(append.failures, 10)), Self.pause.longest)
            append.failures += 1
            append.nextTry = now + pause
            appends[ticket] = append
            return nil
        }
    }

    /// Has everything sent again at once, since there is a connection again.
    mutating func hurry(now: Instant) {
        for ticket in appends.keys { appends[ticket]?.nextTry = now }
    }

    /// What is to be sent again now, as it came, and what is given up.
    mutating func due(now: Instant) -> (again: [Ticket], ended: [Outcome]) {
        let late = appends.filter { $0.value.deadline <= now }
        let ended = late.compactMap { end($0.key, .failure(.unanswered($0.value.reason))) }
        let again = appends.filter { $0.value.nextTry <= now }.keys.sorted { $0.rawValue < $1.rawValue }
        for ticket in again { appends[ticket]?.nextTry = now + Self.answerLimit }
        return (again, ended)
    }

    /// When ``due(now:)`` has something next.
    var nextDeadline: Instant? { appends.values.map { min($0.nextTry, $0.deadline) }.min() }

    /// Gives up everything.
    mutating func close() -> [Outcome] {
        let outcomes = appends.values.map { Outcome(answer: $0.answer, result: .failure(.closed)) }
        appends = [:]
        return outcomes
    }

    private mutating func end(_ ticket: Ticket, _ result: Result<SharedPlace, SharedLogFault>) -> Outcome? {
        appends.removeValue(forKey: ticket).map { Outcome(answer: $0.answer, result: result) }
    }
}
