import DequeModule

/// Says what a token grants: at once where that is known, otherwise from a thread of its own, since a signature takes as long
/// as a connection.
///
/// It may be asked on any thread. It keeps what was verified (``GrantCache``), and at most ``maximumWaiting`` tokens that
/// wait, with all who ask for one of them.
final class Doorkeeper: Sendable {
    typealias Answer = Result<Grant, TokenFault>

    /// Tokens that wait to be verified; for others it is busy. So much of what somebody sends can be kept: 8 MiB.
    static let maximumWaiting = 1_024
    /// Who waits for any of them, each a request or a connection.
    static let maximumAsking = 16_384

    private struct Inquiry: Sendable {
        let token: String
        var answers: [@Sendable (Answer) -> Void]
    }

    private struct State: Sendable {
        var policy: AccessPolicy
        /// Counts the policies, so that nothing that one of them has granted gets among the grants of the next.
        var generation = 0
        var cache = GrantCache()
        var inquiries: [SHA256Digest: Inquiry] = [:]
        /// Those that nobody has begun with.
        var waiting: Deque<SHA256Digest> = []
        var askingCount = 0
        var hasStarted = false
        var hasEnded = false
        var figures = TokenFigures()

        /// Counts what somebody was told about a token.
        mutating func counted(_ answer: Answer) -> Answer {
            if case .failure(let fault) = answer { figures.refusals[fault.code, default: 0] += 1 }
            return answer
        }
    }

    private let state: Monitor<State>
    private let clock: @Sendable () -> NumericDate

    /// The thread starts when there is something to verify, and lasts until ``end()``.
    init(_ policy: AccessPolicy, clock: @escaping @Sendable () -> NumericDate = { .now }) {
        state = Monitor(State(policy: policy))
        self.clock = clock
    }

    deinit {
        end()
    }

    /// What holds now.
    var policy: AccessPolicy { state.withLock { $0.policy } }

    /// By how much clocks may differ.
    var leeway: Duration { state.withLock { $0.policy.rules.leeway } }

    /// What is granted without a token.
    var anonymousGrant: Grant { state.withLock { $0.policy.anonymousGrant } }

    /// Whether there is any token that is accepted.
    var takesTokens: Bool { state.withLock { $0.policy.takesTokens } }

    /// Has another policy hold from now on. Those who are here already are not looked at: see ``renewed(_:)``.
    func replace(_ policy: AccessPolicy) {
        state.withLock { state in
            state.policy = policy
            state.generation += 1
            // The others are held against it whenever they are looked up, and have their names meanwhile.
            state.cache.removeAll { (try? policy.inForce($0, at: clock())) == nil }
        }
    }

    /// Has other tokens be revoked from now on, and all else stay as it is.
    func replace(_ revocations: Revocations) {
        state.withLock { $0.policy.revocations = revocations }
    }

    /// Has tokens or subjects be refused from now on.
    ///
    /// - Returns: whether all that are refused would fit a file.
    @discardableResult
    func revoke(_ entries: [Revocations.Entry]) -> Bool {
        state.withLock { state in
            state.policy.revocations.add(entries)
            return state.policy.revocations.count <= Revocations.maximumCount
        }
    }

    /// What it has been asked so far.
    var figures: TokenFigures { state.withLock { $0.figures } }

    /// The time that tokens are held against.
    var now: NumericDate { clock() }

    /// Whether a name is that of a token that is known here.
    func isReserved(_ name: MemberName) -> Bool {
        let folded = PrintableText.folded(name.text)
        return state.withLock { $0.policy.tokens.names.contains(folded) || $0.cache.hasName(folded) }
    }

    /// Verifies nothing more: who waits is told that it is busy. The thread ends.
    func end() {
        let inquiries = state.update { state in
            state.hasEnded = true
            state.waiting = []
            defer { state.inquiries = [:] }
            return state.inquiries
        }
        for inquiry in inquiries.values {
            for answer in inquiry.answers { answer(.failure(.busy)) }
        }
    }

    // MARK: Asking

    /// What a token grants, if that needs no signature to be verified: a loop may ask. nil when it does.
    func known(_ token: String) -> Answer? {
        guard token.utf8.count <= SignedToken.maximumBytes else {
            return state.withLock { $0.counted(.failure(.tooLong)) }
        }
        return known(SHA256Digest(of: token.utf8))
    }

    /// What a token grants. Suspends for as long as others are before it.
    ///
    /// Nothing else can end it: a request that has gone meanwhile has its answer for nobody.
    func grant(_ token: String) async throws(TokenFault) -> Grant {
        let answer = await withCheckedContinuation { continuation in
            ask(token) { continuation.resume(returning: $0) }
        }
        return try answer.get()
    }

    /// The same.
    ///
    /// - Parameter answer: called once: at once, or on the thread of this object.
    func ask(_ token: String, _ answer: @escaping @Sendable (Answer) -> Void) {
        if let known = known(token) { return answer(known) }
        verify(token, answer)
    }

    /// What somebody who is here was granted, as it holds now, after a while or after another policy: with other rights,
    /// perhaps. A loop may ask.
    ///
    /// - Throws: why it holds no more.
    func renewed(_ grant: Grant) throws(TokenFault) -> Grant {
        try state.withLock { $0.policy.renewal(of: grant, at: clock()) }.get()
    }

    private func known(_ digest: SHA256Digest) -> Answer? {
        state.withLock { state in
            if let grant = state.policy.tokens[digest] {
                state.figures.found += 1
                return state.counted(state.policy.renewal(of: grant, at: clock()))
            }
            guard let grant = state.cache.grant(for: digest) else {
                return state.policy.keys.isEmpty ? state.counted(.failure(.unknown)) : nil
            }
            state.figures.remembered += 1
            return state.counted(state.policy.renewal(of: grant, at: clock()))
        }
    }

    /// - Parameter answer: called on the thread of this object, or at once when it is busy.
    private func verify(_ token: String, _ answer: @escaping @Sendable (Answer) -> Void) {
        let digest = SHA256Digest(of: token.utf8)
        let isTaken = state.update { state in
            guard !state.hasEnded, state.askingCount < Self.maximumAsking, startThread(&state) else { return false }
            if state.inquiries[digest] != nil {
                state.inquiries[digest]?.answers.append(answer)
            } else {
                guard state.inquiries.count < Self.maximumWaiting else { return false }
                state.inquiries[digest] = Inquiry(token: token, answers: [answer])
                state.waiting.append(digest)
            }
            state.askingCount += 1
            return true
        }
        if !isTaken { answer(state.withLock { $0.counted(.failure(.busy)) }) }
    }

    // MARK: The thread

    private func startThread(_ state: inout State) -> Bool {
        guard !state.hasStarted else { return true }
        state.hasStarted =
            (try? BackgroundThread.start { [state = self.state, clock] in Self.work(state, clock) }) != nil
        return state.hasStarted
    }

    private static func work(_ state: Monitor<State>, _ clock: @Sendable () -> NumericDate) {
        while let (digest, token) = next(state) {
            let (answer, answers) = verify(token, digest, state, clock)
            for tell in answers { tell(answer) }
        }
    }

    private static func next(_ state: Monitor<State>) -> (SHA256Digest, String)? {
        state.wait { state -> (SHA256Digest, String)?? in
            if state.hasEnded { return .some(nil) }
            guard let digest = state.waiting.popFirst() else { return nil }
            return state.inquiries[digest].map { (digest, $0.token) }
        }
    }

    /// Under the policy that holds at the end of it.
    private static func verify(
        _ token: String,
        _ digest: SHA256Digest,
        _ state: Monitor<State>,
        _ clock: @Sendable () -> NumericDate
    ) -> (Answer, [@Sendable (Answer) -> Void]) {
        while true {
            let (policy, generation) = state.withLock { ($0.policy, $0.generation) }
            let now = clock()
            let answer = Answer { () throws(TokenFault) in try policy.signedGrant(token, at: now) }
            let result = state.withLock { state -> (Answer, [@Sendable (Answer) -> Void])? in
                guard state.generation == generation else { return nil }
                let answers = state.inquiries.removeValue(forKey: digest)?.answers ?? []
                state.askingCount -= answers.count
                state.figures.verified += 1
                guard case .success(let grant) = answer else { return (state.counted(answer), answers) }
                let renewal = state.policy.renewal(of: grant, at: now)
                // As it holds now, so that to look it up makes nothing anew; one that was revoked may not be so for ever.
                state.cache.insert((try? renewal.get()) ?? grant, for: digest, byteCount: token.utf8.count)
                return (state.counted(renewal), answers)
            }
            if let result { return result }
        }
    }
}

extension AccessPolicy {
    fileprivate func renewal(of grant: Grant, at now: NumericDate) -> Doorkeeper.Answer {
        Result { () throws(TokenFault) in try inForce(grant, at: now) }
    }
}
