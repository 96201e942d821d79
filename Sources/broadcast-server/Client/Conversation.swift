import LWSSwift

/// What lasts of a chat from one connection to the next: the messages that are on their way, the name, the place in the
/// channel, who is here. The task that reads the input, the task that keeps the connection and the one that keeps the state
/// file meet here.
actor Conversation {
    private let url: ChannelURL
    private let presenter: Presenter
    private var outbox: Outbox
    private(set) var roster = Roster()
    private var place: Place
    /// The name to ask for, and the one that was last asked for with success.
    private var wantedName: String?
    private var acceptedName: String?
    private(set) var connection: WebSocketConnection?
    /// Whether the server has told under which session it takes what is sent.
    private var isWelcomed = false
    /// Whether objects travel over the connection, and the server acknowledges messages; otherwise it is plain text.
    private(set) var speaksObjects = false
    /// The largest message that the server takes, in bytes, as far as it has said.
    private(set) var messageLimit: Int?
    /// Whether the server takes messages of this client, as far as it has said.
    private(set) var mayPublish = true
    /// Whether what was said before is still to come, which ends with a `position` (docs/protocol.md).
    private(set) var awaitsPast = false
    /// Whether the server has told that its cluster is away: what is sent waits there.
    private var isClusterAway = false
    /// Whether the server has refused something for the time being: nothing is sent before that is sent again.
    private var isHeldBack = false
    /// Whether it has done so since it took something last.
    private var wasRefused = false
    /// How many objects have come, over all connections.
    private(set) var heardCount = 0
    /// Whether anything has come over the connection.
    private var hasHeard = false
    /// When the server wants the client back, of a connection that it is about to end; nil if it has not said.
    private var returnTime: ContinuousClock.Instant?
    private var isLeaving = false
    /// What the goals have come to; nil while they are open.
    private(set) var verdict: Goals.Verdict?
    /// How many messages were not sent and never will be.
    private(set) var refusedCount = 0

    /// Rings when the sending task may find something to send.
    private let work = Bell()
    /// Rings when messages were settled, or the connection has ended: what the input task waits for.
    private let progress = Bell()
    /// Rings when the goals are decided.
    private let decision = Bell()
    /// Rings when the state is another one than was saved last, and when messages wait for that.
    private let change = Bell()
    private let urgency = Bell()
    /// Rings when something was refused for the time being.
    private let refusal = Bell()
    private var hasChanged = false
    private var savedSession: SessionID?

    init(url: ChannelURL, name: String?, place: Place, outbox: Outbox, presenter: Presenter) {
        self.url = url
        wantedName = name
        self.place = place
        savedSession = place.session
        self.outbox = outbox
        self.presenter = presenter
    }

    /// How many messages were taken and are not settled.
    var unsettledCount: Int { outbox.count }
    var isOnline: Bool { connection != nil }

    // MARK: For the input

    /// Takes a message, waiting while there is no room; in vain when the task is cancelled.
    func append(_ content: Outbox.Content) async {
        while !outbox.hasRoom {
            guard !Task.isCancelled else { return }
            await progress.wait()
        }
        take(content)
    }

    /// Takes messages that are in memory anyway, whether or not there is room.
    func appendAll(_ contents: [Outbox.Content]) {
        for content in contents { take(content) }
    }

    /// Takes a message unless there is no room.
    func offer(_ content: Outbox.Content) -> Bool {
        guard outbox.hasRoom else { return false }
        take(content)
        return true
    }

    private func take(_ content: Outbox.Content) {
        outbox.append(content)
        noteChange()
        work.ring()
        showState()
    }

    /// Goes by another name, or by none when it is empty; the next connection begins with it, if there is none now.
    func rename(to name: String) {
        wantedName = name.isEmpty ? nil : name
        if isOnline { take(.name(name)) }
    }

    /// Waits until the goals are decided; nil when the task is cancelled.
    func waitForVerdict() async -> Goals.Verdict? {
        while verdict == nil, !Task.isCancelled { await decision.wait() }
        return Task.isCancelled ? nil : verdict
    }

    /// Counts a message that cannot be sent, whose reason was told.
    func countRefused() {
        refusedCount += 1
    }

    /// Waits until every message is settled.
    ///
    /// - Parameter isPatient: whether to wait for another connection, too, when there is none, for a cluster that is away, for
    ///   the server's welcome, and for what was asked for of the past.
    func waitUntilSettled(isPatient: Bool) async {
        while !Task.isCancelled, isPatient ? isUnderWay || !outbox.isEmpty : isServed && !outbox.isEmpty {
            await progress.wait()
        }
    }

    /// Whether something is still to come in any case: what was asked for of the past, and before that whether the server lets
    /// the client in.
    private var isUnderWay: Bool { awaitsPast || speaksObjects && !isWelcomed }

    /// Whether what is sent is likely to be answered soon.
    private var isServed: Bool { isOnline && !isClusterAway && !isHeldBack }

    /// Performs the closing handshake, if there is a connection, and has no further one opened.
    ///
    /// - Returns: how it ended; nil when there was none.
    func leave() async -> WebSocketClose? {
        isLeaving = true
        return await connection?.close()
    }

    // MARK: For the connection

    /// Where to connect to, and what to offer besides the protocol (docs/protocol.md).
    var destination: Destination {
        let name = wantedName.map { [(name: "name", value: $0)] } ?? []
        return Destination(url: url.adding(name + place.query), sessionOffer: place.sessionOffer)
    }

    /// Whether the next connection asks for what was said before.
    var asksForPast: Bool { !place.query.isEmpty }

    /// Begins a connection; false when the user is leaving.
    func begin(_ connection: WebSocketConnection) -> Bool {
        guard !isLeaving else { return false }
        self.connection = connection
        speaksObjects = connection.handshake.subprotocol == ChatProtocol.subprotocol
        messageLimit = nil
        mayPublish = true
        awaitsPast = asksForPast && verdict == nil
        hasHeard = false
        isWelcomed = false
        (isClusterAway, isHeldBack) = (false, false)
        if !speaksObjects { speakPlainText() }
        showState()
        return true
    }

    /// Learns from the first message of a server that has agreed on objects whether it speaks them, however late it comes.
    ///
    /// - Returns: whether the user should know that the chat goes on in plain text.
    func learn(isObject: Bool) -> Bool {
        hasHeard = true
        guard !isObject else {
            speaksObjects = true
            return false
        }
        guard speaksObjects else { return false }
        speakPlainText()
        return true
    }

    /// Goes on in plain text with a server that has agreed on objects, and has said nothing for too long.
    ///
    /// - Returns: whether the user should know.
    func giveUpWelcome() -> Bool {
        guard speaksObjects, !hasHeard, !Task.isCancelled else { return false }
        speakPlainText()
        return true
    }

    /// A server of plain text welcomes nobody, knows no sessions, and does not tell the past from the present.
    private func speakPlainText() {
        speaksObjects = false
        isWelcomed = true
        notePast()
        roster = Roster()
        presenter.noteMembers(roster)
        work.ring()
    }

    /// Knows what the goals have come to.
    func decide(_ verdict: Goals.Verdict) {
        self.verdict = verdict
        decision.ring()
        // Nothing more is shown.
        notePast()
    }

    /// Ends a connection: what was not confirmed is to be sent again.
    ///
    /// - Returns: whether the user is leaving.
    func end() -> Bool {
        connection = nil
        outbox.rewind()
        progress.ring()
        showState()
        return isLeaving
    }

    /// How long the server has asked to stay away, for the connection that has ended; nil if it has not.
    func takeReturnDelay() -> Duration? {
        defer { returnTime = nil }
        return returnTime.map { max(ContinuousClock.now.duration(to: $0), .zero) }
    }

    /// Waits for the next message to send; nil when the task is cancelled.
    func nextToSend() async -> Outbox.Entry? {
        while !Task.isCancelled {
            if maySend, let entry = outbox.handOverNext() { return entry }
            await work.wait()
        }
        return nil
    }

    /// Whether a message that is sent now can be sent again without being taken twice: by the next connection and, if there
    /// is a state file, by the next run, which both need the session.
    private var maySend: Bool { isWelcomed && !mustSaveSession && !isHeldBack }

    private var mustSaveSession: Bool { outbox.isSaved && place.session != savedSession }

    /// Takes out a message that has reached its end.
    func settle(_ key: String) -> Outbox.Content? {
        guard let entry = outbox.settle(key) else { return nil }
        wasRefused = false
        noteChange()
        work.ring()
        progress.ring()
        showState()
        return entry.content
    }

    /// Keeps a message that the server has refused for the time being, and everything behind it, until ``sendAgain()``.
    ///
    /// - Returns: whether the user should know: nothing was held back, nor has been since the server took something last.
    func holdBack(_ key: String) -> Bool {
        guard outbox.isUnderWay(key) else { return false }
        let isNews = !isHeldBack && !wasRefused
        (isHeldBack, wasRefused) = (true, true)
        refusal.ring()
        progress.ring()
        return isNews
    }

    /// Waits until something is held back; false when the task is cancelled.
    func waitForRefusal() async -> Bool {
        while !isHeldBack, !Task.isCancelled { await refusal.wait() }
        return !Task.isCancelled
    }

    /// Sends what is not confirmed once more, under the same keys: it may be taken now.
    func sendAgain() {
        guard isHeldBack else { return }
        isHeldBack = false
        outbox.rewind()
        work.ring()
    }

    private func take(_ status: Status) {
        isClusterAway = status.cluster == .away
        if isClusterAway { progress.ring() } else { sendAgain() }
        showState()
    }

    /// Follows what the server tells about members, and about itself.
    func follow(_ object: ServerObject) {
        let last = roster
        defer { if roster != last { presenter.noteMembers(roster) } }
        switch object {
        case .welcome(let welcome):
            roster.take(welcome)
            messageLimit = welcome.maxMessage
            mayPublish = ChannelRights.told(welcome.rights, include: .publish)
            acceptedName = wantedName
        case .joined(let presence):
            roster.join(presence)
        case .left(let presence):
            roster.leave(presence)
        case .renamed(let renaming):
            roster.rename(renaming)
            if roster.isOwn(renaming.member.id) { acceptedName = wantedName }
        case .members(let attendance):
            roster.take(attendance)
        case .error(let problem) where [.badName, .nameTaken].contains(problem.code):
            wantedName = acceptedName == wantedName ? nil : acceptedName
        case .status(let status):
            take(status)
        case .rights(let granted):
            mayPublish = ChannelRights.told(granted.rights, include: .publish)
        case .closing(let closing):
            returnTime = .now + .milliseconds(max(closing.after, 0))
        case .message, .position, .gap, .ack, .history, .expiring, .notice, .error, .unknown:
            break
        }
    }

    /// Moves behind something that was shown: it need not come again.
    func advance(past object: ServerObject) {
        heardCount += 1
        let last = place
        place.advance(past: object)
        if place != last { noteChange() }
        if case .welcome = object { noteWelcome() }
    }

    /// Knows that the server takes what is sent under this session.
    func noteWelcome() {
        isWelcomed = true
        work.ring()
        progress.ring()
    }

    /// Knows that everything was shown that was asked for of the past.
    func notePast() {
        awaitsPast = false
        progress.ring()
    }

    private func showState() {
        presenter.showState(isOnline ? isClusterAway ? "cluster away" : nil : "offline", outbox)
    }

    // MARK: For the state file

    /// Up to where everything was shown.
    var position: PositionText? { place.position }

    /// What is to outlive the program, and the mark to tell when it is saved.
    func snapshot() -> (state: SavedState, mark: Outbox.Mark) {
        let state = SavedState(
            channel: url.address,
            position: place.position,
            session: place.session,
            unsent: outbox.unconfirmed
        )
        return (state, outbox.mark)
    }

    /// Goes on with what has waited for being saved.
    func noteSaved(_ state: SavedState, at mark: Outbox.Mark) {
        savedSession = state.session
        outbox.noteSaved(at: mark)
        work.ring()
        showState()
    }

    /// Waits until something has changed since this was asked last; false when the task is cancelled.
    func waitForChange() async -> Bool {
        while !hasChanged, !Task.isCancelled { await change.wait() }
        hasChanged = false
        return !Task.isCancelled
    }

    /// Waits until messages wait for being saved, or the task is cancelled.
    func waitForUrgency() async {
        while !mustSaveAtOnce, !Task.isCancelled { await urgency.wait() }
    }

    /// Has the state saved before long.
    func noteChange() {
        hasChanged = true
        change.ring()
        if mustSaveAtOnce { urgency.ring() }
    }

    private var mustSaveAtOnce: Bool { mustSaveSession || outbox.needsSaving }
}
