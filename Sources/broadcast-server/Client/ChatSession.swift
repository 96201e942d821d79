import LWSSwift
import Logging

/// The client's part in a chat, from its first connection to its end, with as many connections in between as it takes.
struct ChatSession: Sendable {
    /// What is sent.
    enum Input: Sendable {
        /// Line by line; at a terminal some lines are commands.
        case lines(InputLines, hasCommands: Bool)
        case texts([String])
        /// All of the standard input, as one binary message.
        case bytes(InputBytes)
    }

    let settings: ClientSettings
    /// Opens the input, once there is a connection.
    let openInput: @Sendable () throws(Failure) -> Input
    let presenter: Presenter
    let loop: ServiceLoop
    /// Where to keep what is to outlive the program; nil for nowhere.
    let stateFile: StateFile?

    /// How it ended.
    enum End: Sendable {
        /// The input has ended, or the user has said so.
        case left
        case inputFailed(SystemError)
        case verdict(Goals.Verdict)
        case closed(WebSocketClose)
        case failed(WebSocketError)
    }

    /// How it ended, and what became of the messages.
    struct Outcome: Sendable {
        /// nil when its task was cancelled.
        let end: End?
        let unsentCount: Int
        let refusedCount: Int
        let keeping: StateKeeper.Keeping
        /// Where the token that was shown is from.
        let token: TokenSource?
    }

    /// Connects, takes part until there is a reason to end, and closes the connection.
    ///
    /// - Throws: why there was no connection at all.
    func run() async throws(Failure) -> Outcome {
        let token = try ShownToken(settings.token)
        let saved = stateFile?.initial
        let conversation = Conversation(
            url: settings.url,
            name: settings.name,
            place: Place(beginning: settings.beginning, position: saved?.position, session: saved?.session),
            outbox: Outbox(keyPrefix: Self.randomKeyPrefix(), saved: saved?.unsent),
            presenter: presenter
        )
        let keeper = stateFile.map { StateKeeper(file: $0, conversation: conversation, presenter: presenter) }
        let connection: WebSocketConnection
        do throws(WebSocketError) {
            connection = try await connect(to: await conversation.destination, token)
        } catch {
            throw Failure(error, connectingTo: settings.url, settings.token)
        }
        presenter.tell(.info, "✅ Connected to chat server!")
        if let unsent = saved?.unsent, !unsent.isEmpty {
            let messages = unsent.count == 1 ? "1 message" : "\(unsent.count) messages"
            presenter.tell(.info, "\(messages) of the last time \(unsent.count == 1 ? "is" : "are") sent now.")
        }
        let goals = try Goals(settings.goals)
        let input = try openInput()
        if case .texts(let texts) = input { await conversation.appendAll(texts.map(content)) }
        let end = await run(conversation, connection, token, input, goals, keeper)
        let keeping = await keeper?.finish() ?? .nothing
        // Who is cut short has everything saved before the server's answer is waited for.
        if end == nil { _ = await conversation.leave() }
        return Outcome(
            end: end,
            unsentCount: await conversation.unsettledCount,
            refusedCount: await conversation.refusedCount,
            keeping: keeping,
            token: settings.token
        )
    }

    /// What each of the tasks that run side by side returns; nil when it has no reason to end the others.
    private enum Part: Sendable {
        case connections(End?)
        case input(End?)
        case keeper

        var end: End? {
            switch self {
            case .connections(let end), .input(let end): end
            case .keeper: nil
            }
        }
    }

    /// - Returns: nil when the task is cancelled; the connection is then still there.
    private func run(
        _ conversation: Conversation,
        _ first: WebSocketConnection,
        _ token: ShownToken,
        _ input: Input,
        _ goals: Goals,
        _ keeper: StateKeeper?
    ) async -> End? {
        await withTaskGroup(of: Part.self) { group in
            if let keeper {
                group.addTask {
                    await keeper.run()
                    return .keeper
                }
            }
            group.addTask { .connections(await keepConnected(conversation, from: first, token, goals)) }
            group.addTask { .input(await feed(input, to: conversation)) }
            defer { group.cancelAll() }
            while let part = await group.next() {
                guard let end = part.end else { continue }
                guard let close = await conversation.leave() else { return end }
                guard case .left = end else { return end }
                // What came before the close is still shown.
                while let next = await group.next() {
                    if case .connections = next { break }
                }
                return close.isClean && close.initiator == .local ? end : .closed(close)
            }
            return nil
        }
    }

    /// 64 random bits tell this client's keys from all others'.
    private static func randomKeyPrefix() -> String {
        String(UInt64.random(in: .min ... .max), radix: 36)
    }

    private func connect(
        to destination: Destination,
        _ token: ShownToken
    ) async throws(WebSocketError) -> WebSocketConnection {
        var configuration = settings.connection
        // Only beside the protocol in which sessions mean something.
        if let offer = destination.sessionOffer, configuration.subprotocols.contains(ChatProtocol.subprotocol) {
            configuration.subprotocols.append(offer)
        }
        if let token = token.forConnection() { configuration.headerFields.append(token.field) }
        do throws(WebSocketError) {
            return try await WebSocketClient.connect(to: destination.url.target, configuration, on: loop)
        } catch {
            throw error.concealing(token.secrets + destination.url.tokens)
        }
    }

    // MARK: Connections

    /// Goes through connections until one ends for good. nil when the user is leaving.
    private func keepConnected(
        _ conversation: Conversation,
        from first: WebSocketConnection,
        _ token: ShownToken,
        _ goals: Goals
    ) async -> End? {
        var goals = goals
        var connection = first
        var attempt = 0
        while await conversation.begin(connection) {
            let link = Link(
                connection: connection,
                conversation: conversation,
                presenter: presenter,
                renewal: TokenRenewal(token),
                maximumMessageBytes: settings.maximumMessageBytes,
                welcomeTimeout: settings.welcomeTimeout
            )
            let start = ContinuousClock.now
            guard let close = await link.run(&goals) else { return nil }
            let isLeaving = await conversation.end()
            let returnDelay = await conversation.takeReturnDelay()
            if isLeaving || Task.isCancelled { return nil }
            let reconnection = Reconnection(after: close, hasNewToken: token.isAnother)
            guard settings.reconnects, reconnection != .never else {
                return await conversation.verdict.map { .verdict($0) } ?? .closed(close)
            }
            presenter.tell(.warning, "\(close.sentence) Connecting again…")
            if ContinuousClock.now - start >= Self.steadyTime { attempt = 0 }
            do throws(WebSocketError) {
                connection = try await reconnect(
                    conversation,
                    token,
                    &attempt,
                    first: returnDelay ?? (reconnection == .atOnce && attempt == 0 ? .zero : nil)
                )
            } catch {
                if Task.isCancelled { return nil }
                return await conversation.verdict.map { .verdict($0) } ?? .failed(error)
            }
            presenter.tell(.info, "✅ Connected again.")
        }
        await connection.close()
        return nil
    }

    /// A connection that lasts as long is no failed attempt: the next wait is short again.
    private static let steadyTime = Duration.seconds(10)

    /// Tries until there is a connection.
    ///
    /// - Parameters:
    ///   - attempt: how many attempts there were since a connection has lasted.
    ///   - first: how long to wait before the first attempt; nil for what the back-off says.
    private func reconnect(
        _ conversation: Conversation,
        _ token: ShownToken,
        _ attempt: inout Int,
        first: Duration?
    ) async throws(WebSocketError) -> WebSocketConnection {
        var lastReason: String?
        var first = first
        while true {
            let delay = first ?? settings.backoff.delay(beforeAttempt: attempt, jitter: .random(in: 0...1))
            first = nil
            attempt += 1
            // Cancelled, it returns at once, and so does the attempt.
            try? await Task.sleep(for: delay)
            do throws(WebSocketError) {
                return try await connect(to: await conversation.destination, token)
            } catch {
                guard !Task.isCancelled, Reconnection.isWorthwhile(after: error) else { throw error }
                if error.message != lastReason { presenter.tell(.debug, error.message) }
                lastReason = error.message
            }
        }
    }

    // MARK: Input

    /// Sends what there is to send, until the goals are decided: then nothing more is read, and what was read is sent. nil
    /// when there is something else to wait for, and when the task is cancelled.
    private func feed(_ input: Input, to conversation: Conversation) async -> End? {
        guard let end = await endOfInput(input, conversation), !Task.isCancelled else { return nil }
        switch end {
        case .inputFailed, .verdict(.undecidable): return end
        default: break
        }
        // Who leaves by hand while there is no connection does not wait for one.
        await conversation.waitUntilSettled(isPatient: !presenter.isInteractive)
        return Task.isCancelled ? nil : end
    }

    /// Takes the input until it ends, or until the goals are decided, if there are any. nil when the task is cancelled.
    private func endOfInput(_ input: Input, _ conversation: Conversation) async -> End? {
        await withTaskGroup { group in
            group.addTask { await take(input, for: conversation) }
            group.addTask { await conversation.waitForVerdict().map { .verdict($0) } }
            defer { group.cancelAll() }
            while let end = await group.next() {
                if let end { return end }
            }
            return nil
        }
    }

    /// Takes the input to its end. nil when there is something else to wait for.
    private func take(_ input: Input, for conversation: Conversation) async -> End? {
        do throws(SystemError) {
            switch input {
            case .lines(let lines, let hasCommands):
                if try await feed(lines, hasCommands: hasCommands, to: conversation) { return .left }
            case .texts:
                // All were taken before.
                break
            case .bytes(let bytes):
                try await feed(bytes, to: conversation)
            }
        } catch {
            return .inputFailed(error)
        }
        return settings.goals.isEmpty || presenter.isInteractive ? .left : nil
    }

    private func content(_ text: String) -> Outbox.Content {
        settings.isBinary ? .binary(Array(text.utf8)) : .text(text)
    }

    private func feed(_ bytes: InputBytes, to conversation: Conversation) async throws(SystemError) {
        if let all = try await bytes.all(atMost: settings.maximumMessageBytes) {
            guard !Task.isCancelled else { return }
            await conversation.append(.binary(all))
        } else {
            await conversation.countRefused()
            let limit = settings.maximumMessageBytes
            presenter.tell(.error, "The input was not sent: it is longer than \(limit) bytes. Split it.")
        }
    }

    /// Takes lines to their end; true when one of them says goodbye.
    private func feed(
        _ input: InputLines,
        hasCommands: Bool,
        to conversation: Conversation
    ) async throws(SystemError) -> Bool {
        while let lines = try await input.next() {
            for line in lines {
                guard !Task.isCancelled else { return false }
                switch line {
                case .text(let text):
                    guard await take(UserLine(text, hasCommands: hasCommands), for: conversation) else { return true }
                case .tooLong(let number):
                    await conversation.countRefused()
                    let limit = settings.maximumMessageBytes
                    presenter.tell(.error, "Line \(number) was not sent: it is longer than \(limit) bytes. Split it.")
                case .notUTF8(let number):
                    await conversation.countRefused()
                    presenter.tell(.error, "Line \(number) was not sent: it is not UTF-8. Convert it, as with iconv.")
                }
            }
        }
        return false
    }

    /// Does what a line says; false for a farewell.
    private func take(_ line: UserLine, for conversation: Conversation) async -> Bool {
        switch line {
        case .leave:
            return false
        case .message(let text) where !presenter.isInteractive:
            await conversation.append(.text(text))
        case .message(let text):
            // Enter alone is no message.
            if !text.isEmpty, await !conversation.offer(.text(text)) {
                presenter.tell(.error, "Not sent, since too many messages wait already: \(text)")
            }
        case .help:
            presenter.answer(UserLine.commands)
        case .members:
            await tellWhoIsHere(conversation)
        case .rename(let name):
            await rename(to: name, conversation)
        case .unknown(let word):
            presenter.tell(.error, "There is no command \(word). /help lists them; // begins a message with a slash.")
        }
        return true
    }

    private func tellWhoIsHere(_ conversation: Conversation) async {
        guard let summary = await conversation.roster.summary else {
            return presenter.tell(.info, "This server does not tell who is here.")
        }
        let isOnline = await conversation.isOnline
        presenter.tell(.info, isOnline ? summary : "There is no connection at present; before: \(summary)")
    }

    private func rename(to name: String, _ conversation: Conversation) async {
        guard await conversation.roster.summary != nil else {
            return presenter.tell(.error, "This server does not take names while connected. Use --name.")
        }
        // Without a connection nobody else would tell.
        if !name.isEmpty {
            do throws(Problem) {
                _ = try MemberName(name)
            } catch {
                return presenter.tell(.error, error.message)
            }
        }
        await conversation.rename(to: name)
        guard await !conversation.isOnline else { return }
        let who = name.isEmpty ? "by no name" : "as \(name)"
        presenter.tell(.info, "There is no connection at present. You come back \(who).")
    }
}
