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
        case timedOut
        case closed(WebSocketClose)
        case failed(WebSocketError)
    }

    /// How it ended, and what became of the messages.
    struct Outcome: Sendable {
        let end: End
        let unsentCount: Int
        let refusedCount: Int
        let keeping: StateKeeper.Keeping
    }

    /// Connects, takes part until there is a reason to end, and closes the connection.
    ///
    /// - Throws: why there was no connection at all.
    func run() async throws(Failure) -> Outcome {
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
            connection = try await connect(to: await conversation.destination)
        } catch {
            throw Failure(error, connectingTo: settings.url)
        }
        presenter.tell(.info, "✅ Connected to chat server!")
        if let unsent = saved?.unsent, !unsent.isEmpty {
            let messages = unsent.count == 1 ? "1 message" : "\(unsent.count) messages"
            presenter.tell(.info, "\(messages) of the last time \(unsent.count == 1 ? "is" : "are") sent now.")
        }
        let end = await run(conversation, connection, try openInput(), keeper)
        return Outcome(
            end: end,
            unsentCount: await conversation.unsettledCount,
            refusedCount: await conversation.refusedCount,
            keeping: await keeper?.finish() ?? .nothing
        )
    }

    /// What each of the tasks that run side by side returns; nil when it has no reason to end the others.
    private enum Part: Sendable {
        case connections(End?)
        case input(End?)
        case timeout
        case keeper

        var end: End? {
            switch self {
            case .connections(let end), .input(let end): end
            case .timeout: .timedOut
            case .keeper: nil
            }
        }
    }

    private func run(
        _ conversation: Conversation,
        _ first: WebSocketConnection,
        _ input: Input,
        _ keeper: StateKeeper?
    ) async -> End {
        await withTaskGroup(of: Part.self) { group in
            if let keeper {
                group.addTask {
                    await keeper.run()
                    return .keeper
                }
            }
            group.addTask { .connections(await keepConnected(conversation, from: first)) }
            group.addTask { .input(await feed(input, to: conversation)) }
            if let timeout = settings.timeout {
                group.addTask {
                    try? await Task.sleep(for: timeout)
                    return .timeout
                }
            }
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
            return .left
        }
    }

    /// 64 random bits tell this client's keys from all others'.
    private static func randomKeyPrefix() -> String {
        String(UInt64.random(in: .min ... .max), radix: 36)
    }

    private func connect(to destination: Destination) async throws(WebSocketError) -> WebSocketConnection {
        var configuration = settings.connection
        // Only beside the protocol in which sessions mean something.
        if let offer = destination.sessionOffer, configuration.subprotocols.contains(ChatProtocol.subprotocol) {
            configuration.subprotocols.append(offer)
        }
        return try await WebSocketClient.connect(to: destination.url.description, configuration, on: loop)
    }

    // MARK: Connections

    /// Goes through connections until one ends for good. nil when the user is leaving.
    private func keepConnected(_ conversation: Conversation, from first: WebSocketConnection) async -> End? {
        var goals = Goals(settings.goals)
        var connection = first
        var attempt = 0
        while await conversation.begin(connection) {
            let link = Link(
                connection: connection,
                conversation: conversation,
                presenter: presenter,
                maximumMessageBytes: settings.maximumMessageBytes
            )
            let start = ContinuousClock.now
            let end = await link.run(&goals)
            let isLeaving = await conversation.end()
            guard case .closed(let close) = end else {
                if case .verdict(let verdict) = end { return .verdict(verdict) }
                return nil
            }
            if isLeaving || Task.isCancelled { return nil }
            let reconnection = Reconnection(after: close)
            guard settings.reconnects, reconnection != .never else { return .closed(close) }
            presenter.tell(.warning, "\(close.sentence) Connecting again…")
            if ContinuousClock.now - start >= Self.steadyTime { attempt = 0 }
            do throws(WebSocketError) {
                connection = try await reconnect(
                    conversation,
                    &attempt,
                    isAtOnce: reconnection == .atOnce && attempt == 0
                )
            } catch {
                return Task.isCancelled ? nil : .failed(error)
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
    ///   - isAtOnce: whether the first attempt is made without a wait.
    private func reconnect(
        _ conversation: Conversation,
        _ attempt: inout Int,
        isAtOnce: Bool
    ) async throws(WebSocketError) -> WebSocketConnection {
        var lastReason: String?
        var jitter = isAtOnce ? 0 : Double.random(in: 0...1)
        while true {
            let delay = settings.backoff.delay(beforeAttempt: attempt, jitter: jitter)
            jitter = .random(in: 0...1)
            attempt += 1
            // Cancelled, it returns at once, and so does the attempt.
            try? await Task.sleep(for: delay)
            do throws(WebSocketError) {
                return try await connect(to: await conversation.destination)
            } catch {
                guard !Task.isCancelled, Reconnection.isWorthwhile(after: error) else { throw error }
                if error.message != lastReason { presenter.tell(.debug, error.message) }
                lastReason = error.message
            }
        }
    }

    // MARK: Input

    /// Sends what there is to send. nil when there is something else to wait for.
    private func feed(_ input: Input, to conversation: Conversation) async -> End? {
        do throws(SystemError) {
            switch input {
            case .lines(let lines, let hasCommands):
                try await feed(lines, hasCommands: hasCommands, to: conversation)
            case .texts(let texts):
                for text in texts { await conversation.append(content(text)) }
            case .bytes(let bytes):
                try await feed(bytes, to: conversation)
            }
        } catch {
            return .inputFailed(error)
        }
        // Who leaves by hand while there is no connection does not wait for one.
        await conversation.waitUntilSettled(isPatient: !presenter.isInteractive)
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

    private func feed(
        _ input: InputLines,
        hasCommands: Bool,
        to conversation: Conversation
    ) async throws(SystemError) {
        while let lines = try await input.next() {
            for line in lines {
                switch line {
                case .text(let text):
                    guard await take(UserLine(text, hasCommands: hasCommands), for: conversation) else { return }
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
            let summary = await conversation.roster.summary
            presenter.tell(.info, summary ?? "This server does not tell who is here.")
        case .rename(let name):
            await rename(to: name, conversation)
        case .unknown(let word):
            presenter.tell(.error, "There is no command \(word). /help lists them; // begins a message with a slash.")
        }
        return true
    }

    private func rename(to name: String, _ conversation: Conversation) async {
        guard await conversation.roster.summary != nil else {
            return presenter.tell(.error, "This server does not take names while connected. Use --name.")
        }
        await conversation.rename(to: name)
    }
}
