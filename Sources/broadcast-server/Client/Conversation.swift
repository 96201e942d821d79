import LWSSwift

/// What lasts of a chat from one connection to the next: the messages that are on their way, the name, the session, who
/// is here. The task that reads the input and the task that keeps the connection meet here.
actor Conversation {
    private let url: String
    private let presenter: Presenter
    private var outbox: Outbox
    private(set) var roster = Roster()
    private var session: String?
    /// The name to ask for, and the one that was last asked for with success.
    private var wantedName: String?
    private var acceptedName: String?
    private(set) var connection: WebSocketConnection?
    private var isLeaving = false
    /// How many messages were not sent and never will be.
    private(set) var refusedCount = 0

    /// Rings when the sending task may find something to send.
    private let work = Bell()
    /// Rings when messages were settled, or the connection has ended: what the input task waits for.
    private let progress = Bell()

    init(url: String, name: String?, outbox: Outbox, presenter: Presenter) {
        self.url = url
        wantedName = name
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

    /// Takes a message unless there is no room.
    func offer(_ content: Outbox.Content) -> Bool {
        guard outbox.hasRoom else { return false }
        take(content)
        return true
    }

    private func take(_ content: Outbox.Content) {
        outbox.append(content)
        work.ring()
        showState()
    }

    /// Goes by another name, or by none when it is empty; the next connection begins with it, if there is none now.
    func rename(to name: String) {
        wantedName = name.isEmpty ? nil : name
        if isOnline { take(.name(name)) }
    }

    /// Counts a message that cannot be sent, whose reason was told.
    func countRefused() {
        refusedCount += 1
    }

    /// Waits until every message is settled.
    ///
    /// - Parameter isPatient: whether to wait for another connection, too, when there is none.
    func waitUntilSettled(isPatient: Bool) async {
        while !outbox.isEmpty, isPatient || isOnline, !Task.isCancelled { await progress.wait() }
    }

    /// Performs the closing handshake, if there is a connection, and has no further one opened.
    ///
    /// - Returns: how it ended; nil when there was none.
    func leave() async -> WebSocketClose? {
        isLeaving = true
        return await connection?.close()
    }

    // MARK: For the connection

    /// Where to connect to: the URL with the name and the session (docs/protocol.md).
    var destination: String {
        let query = [("name", wantedName), ("session", session)].compactMap { name, value in
            value.map { "\(name)=\(PercentEncoding.encode($0))" }
        }
        guard !query.isEmpty else { return url }
        return url + (url.contains("?") ? "&" : "?") + query.joined(separator: "&")
    }

    /// Begins a connection; false when the user is leaving.
    func begin(_ connection: WebSocketConnection) -> Bool {
        guard !isLeaving else { return false }
        self.connection = connection
        if connection.handshake.subprotocol != ChatProtocol.subprotocol { roster = Roster() }
        work.ring()
        showState()
        return true
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

    /// Waits for the next message to send; nil when the task is cancelled.
    func nextToSend() async -> Outbox.Entry? {
        while !Task.isCancelled {
            if let entry = outbox.handOverNext() { return entry }
            await work.wait()
        }
        return nil
    }

    /// Takes out a message that has reached its end.
    func settle(_ key: String) -> Outbox.Content? {
        guard let entry = outbox.settle(key) else { return nil }
        work.ring()
        progress.ring()
        showState()
        return entry.content
    }

    /// Follows what the server tells about members.
    func follow(_ object: ServerObject) {
        switch object {
        case .welcome(let welcome):
            roster.take(welcome)
            session = welcome.session
            acceptedName = wantedName
        case .joined(let presence):
            roster.join(presence)
        case .left(let presence):
            roster.leave(presence)
        case .renamed(let renaming):
            roster.rename(renaming)
            if roster.isOwn(renaming.member.id) { acceptedName = wantedName }
        case .error(let problem) where problem.code == .badName:
            wantedName = acceptedName == wantedName ? nil : acceptedName
        case .message, .members, .position, .gap, .ack, .history, .error, .unknown:
            break
        }
    }

    private func showState() {
        presenter.showState(isOnline: isOnline, waiting: outbox.count)
    }
}
