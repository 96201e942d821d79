import LWSSwift
import Logging

/// The chat over one connection, until it ends: messages go out in order, what comes in is shown.
struct Link: Sendable {
    let connection: WebSocketConnection
    let conversation: Conversation
    let presenter: Presenter
    /// Finds another token when the one that the server knows expires.
    let renewal: TokenRenewal
    /// The largest message to send, in bytes, as it goes over the wire.
    let maximumMessageBytes: Int
    /// How long a server that has agreed on objects may take for its welcome.
    let welcomeTimeout: Duration
    private let lastWord = LastWord()

    init(
        connection: WebSocketConnection,
        conversation: Conversation,
        presenter: Presenter,
        renewal: TokenRenewal,
        maximumMessageBytes: Int,
        welcomeTimeout: Duration
    ) {
        self.connection = connection
        self.conversation = conversation
        self.presenter = presenter
        self.renewal = renewal
        self.maximumMessageBytes = maximumMessageBytes
        self.welcomeTimeout = welcomeTimeout
    }

    /// Whether the server has agreed on objects, which many do that only return what they are offered.
    private var hasAgreed: Bool { connection.handshake.subprotocol == ChatProtocol.subprotocol }

    /// Runs until the connection ends, and returns how; nil when the task is cancelled, and the connection is still there.
    ///
    /// - Parameter goals: what is still to come; it lasts over several connections.
    func run(_ goals: inout Goals) async -> WebSocketClose? {
        await withTaskGroup { group in
            group.addTask { await send() }
            if hasAgreed {
                group.addTask { await expectWelcome() }
                group.addTask { await expectPast() }
                group.addTask { await sendAgain() }
                group.addTask { await showTokens() }
                group.addTask { await tellRefusals() }
            }
            defer { group.cancelAll() }
            await receive(&goals)
            if Task.isCancelled { return nil }
            // A close that the server began is awaited here, otherwise ours is performed.
            let close = await connection.close()
            if let problem = await lastWord.take(closedFor: close.reason) { tell(problem) }
            return close
        }
    }

    // MARK: Understanding

    /// Expects no objects any more of a server that does not welcome the client in time.
    private func expectWelcome() async {
        try? await Task.sleep(for: welcomeTimeout)
        if await conversation.giveUpWelcome() { tellOfPlainText() }
    }

    /// Waits no longer for what was said before when nothing comes any more of a server that does not tell where it ends.
    private func expectPast() async {
        var heardCount: Int?
        while await conversation.awaitsPast, !Task.isCancelled {
            let count = await conversation.heardCount
            guard count != heardCount else { return await conversation.notePast() }
            heardCount = count
            try? await Task.sleep(for: welcomeTimeout)
        }
    }

    /// Learns from the first message whether the server speaks what it has agreed on: there it is a welcome, or says why there
    /// is none.
    private func learn(from message: WebSocketMessage) async {
        let isObject =
            switch Incoming(message, isJSON: true) {
            case .object(.welcome), .object(.error): true
            default: false
            }
        if await conversation.learn(isObject: isObject) { tellOfPlainText() }
    }

    private func tellOfPlainText() {
        presenter.tell(
            .warning,
            "The server has agreed on \(ChatProtocol.subprotocol), but does not speak it: going on with plain text."
        )
    }

    // MARK: Receiving

    private func receive(_ goals: inout Goals) async {
        var replay = Replay(isAskedFor: await conversation.asksForPast)
        var isFirst = true
        do {
            for try await message in connection.messages {
                if isFirst, hasAgreed { await learn(from: message) }
                isFirst = false
                let incoming = Incoming(message, isJSON: await conversation.speaksObjects)
                if case .object(let object) = incoming { await take(object) }
                guard await conversation.verdict == nil else {
                    // What is still to be sent goes on; what others say is for the next run.
                    if case .object(.welcome) = incoming { await conversation.noteWelcome() }
                    continue
                }
                if replay.isUnderWay, case .object(let object) = incoming {
                    if replay.ends(with: object) { presenter.tellOfMembers("— live from here —") }
                    if !replay.isUnderWay { await conversation.notePast() }
                }
                let isShown = await isOwn(incoming) ? false : await presenter.show(incoming)
                if case .object(let object) = incoming { await conversation.advance(past: object) }
                guard isShown, let spoken = incoming.spoken else { continue }
                let verdict = await goals.observe(spoken)
                if verdict != .open { await conversation.decide(verdict) }
            }
        } catch {
            // Why the connection ended is told by its close, which is reported once for all.
        }
    }

    /// Whether it is a message of the user that the server returns: at a terminal it was shown when it was sent.
    private func isOwn(_ incoming: Incoming) async -> Bool {
        guard presenter.isInteractive, case .object(.message(let message)) = incoming else { return false }
        return await conversation.roster.isOwn(message.from.id)
    }

    private func take(_ object: ServerObject) async {
        await conversation.follow(object)
        switch object {
        case .welcome(let welcome):
            if let summary = await conversation.roster.summary { presenter.tellOfMembers(summary) }
            if !ChannelRights.told(welcome.rights, include: .publish) {
                presenter.tell(.notice, "You may only read here: nothing that is sent is taken.")
            }
        case .joined(let presence):
            guard await !conversation.roster.isOwn(presence.member.id) else { return }
            presenter.tellOfMembers("\(presence.member.name) joined.")
        case .left(let presence):
            presenter.tellOfMembers("\(presence.member.name) left.")
        case .renamed(let renaming):
            let isOwn = await conversation.roster.isOwn(renaming.member.id)
            let name = renaming.member.name
            presenter.tellOfMembers(isOwn ? "You are now \(name)." : "\(renaming.was) is now \(name).")
        case .gap(let gap):
            presenter.tellOfGap(gap)
        case .ack(let acknowledgement):
            if let content = await conversation.settle(acknowledgement.key) {
                await presenter.showSent(content, acknowledgement)
            }
        case .status(let status):
            if let notice = StatusNotice(status) { presenter.tell(notice.level, notice.line) }
        case .notice(let notice):
            presenter.tell(.warning, EscapedText.escape(notice.message))
        case .error(let problem) where problem.code == .unavailable && problem.key != nil:
            if let key = problem.key, await conversation.holdBack(key) {
                presenter.tell(.warning, "The server does not take what was sent just now: it is sent again.")
            }
        case .error(let problem) where problem.mayBeLast:
            if let earlier = await lastWord.keep(problem) { tell(earlier) }
        case .error(let problem):
            if let key = problem.key, await conversation.settle(key) != nil {
                await conversation.countRefused()
                await presenter.showRefused(problem)
            }
            presenter.tell(.error, "The server refuses: \(problem.message)")
        case .expiring(let expiring):
            presenter.tell(.warning, await renewal.begin((expiring.at - WallTime.now.milliseconds + 999) / 1_000))
        case .rights(let granted):
            let isAnswer = await renewal.end()
            let what = "What you may do here: \(granted.rights.joined(separator: ", "))."
            presenter.tell(.info, isAnswer ? "The server has taken the other token. \(what)" : what)
        case .message, .members, .position, .history, .closing, .unknown:
            break
        }
    }

    /// Tells what was refused, unless that is why the server closes the connection.
    private func tellRefusals() async {
        while let problem = await lastWord.next() { tell(problem) }
    }

    private func tell(_ problem: Problem) {
        presenter.tell(.error, "The server refuses: \(problem.message)")
    }

    // MARK: Sending

    /// Shows the server another token while it waits for one.
    private func showTokens() async {
        while let token = await renewal.next() {
            try? await connection.send(ChatProtocol.encode(ClientObject.token(token.text)))
        }
    }

    private func send() async {
        while let entry = await conversation.nextToSend() {
            let isJSON = await conversation.speaksObjects
            let message = outgoing(entry, isJSON)
            // One that is too large would end the connection, and those behind it with it.
            let limit = min(await conversation.messageLimit ?? .max, maximumMessageBytes)
            guard message.bytes.count <= limit else {
                _ = await conversation.settle(entry.key)
                await conversation.countRefused()
                presenter.tell(
                    .error,
                    "A message was not sent: it takes \(message.bytes.count) bytes, and \(limit) are allowed."
                )
                continue
            }
            // Of bytes that are refused the server has no key to tell.
            if case .binary = entry.content, await !conversation.mayPublish {
                _ = await conversation.settle(entry.key)
                await conversation.countRefused()
                presenter.tell(.error, "A message was not sent: the right to publish in this channel is missing.")
                continue
            }
            do {
                // Waits while the server is slow.
                try await connection.send(message)
            } catch {
                // The connection does not take messages any more; this one goes to the next.
                return
            }
            if !isAcknowledged(entry.content, isJSON), let content = await conversation.settle(entry.key) {
                await presenter.showSent(content, nil)
            }
        }
    }

    /// How long what the server does not take just now waits, if nothing is told meanwhile.
    private static let pauseAfterRefusal = Duration.seconds(3)

    /// Sends what was refused for the time being once more, after a while.
    private func sendAgain() async {
        while await conversation.waitForRefusal() {
            try? await Task.sleep(for: Self.pauseAfterRefusal)
            await conversation.sendAgain()
        }
    }

    private func outgoing(_ entry: Outbox.Entry, _ isJSON: Bool) -> WebSocketMessage {
        switch entry.content {
        case .text(let text) where isJSON: ChatProtocol.encode(ClientObject.message(text: text, key: entry.key))
        case .text(let text): .text(text)
        case .binary(let bytes): .binary(bytes)
        case .name(let name): ChatProtocol.encode(ClientObject.name(name))
        }
    }

    /// Whether the server will tell that it has the message. Otherwise it counts as sent once the connection has it.
    private func isAcknowledged(_ content: Outbox.Content, _ isJSON: Bool) -> Bool {
        if case .text = content { isJSON } else { false }
    }
}
