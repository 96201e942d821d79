internal import CLibWebSockets

/// One connection over which events come, from the head of the answer to its end.
///
/// Reason for the unchecked conformance: confined to the loop's thread, which `resumeReadingFromAnyThread` and
/// `endFromAnyThread` go to; ``inbox`` and ``progress`` are made for several threads.
final class EventStreamSocket: StreamSocket, @unchecked Sendable {
    /// What the next connection has to know of this one.
    struct Progress: Sendable {
        var lastEventID = ""
        var retry: Duration?
        /// The server has said another time while the stream went on: that is meant for this client alone.
        var isSlot = false
    }

    let inbox: Inbox<ServerSentEvent>
    /// Up to what was read; what is behind the last event that was taken once the inbox has told its end.
    let progress: Lock<Progress>

    private var reader: EventReader
    private let host: String
    private let silenceMilliseconds: UInt64?
    private var lastHeard: UInt64
    private var isPaused = false

    init(_ loop: ServiceLoop, _ reader: EventReader, _ configuration: EventStream.Configuration, host: String) {
        self.reader = reader
        self.host = host
        inbox = Inbox(marks: configuration.inbound)
        progress = Lock(Progress(lastEventID: reader.parser.lastEventID))
        silenceMilliseconds = configuration.silenceTimeout?.milliseconds
        lastHeard = loop.now
        super.init(loop)
    }

    /// Begins with what came together with the head.
    func begin(early: [UInt8]) {
        if let silenceMilliseconds { loop.schedule(self, at: lastHeard + silenceMilliseconds) }
        unsafe early.withUnsafeBytes { unsafe read($0) }
    }

    override func received(_ bytes: UnsafeMutableRawBufferPointer) {
        unsafe read(UnsafeRawBufferPointer(bytes))
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        lastHeard = loop.now
        var events: [ServerSentEvent] = []
        var fault: EventReader.Fault?
        do throws(EventReader.Fault) {
            unsafe try reader.read(bytes, into: &events)
        } catch {
            fault = error
        }
        // Before the reader can hear of an event, or of the end.
        let parser = reader.parser
        progress.withLock { progress in
            if progress.retry != nil, progress.retry != parser.retry { progress.isSlot = true }
            progress.lastEventID = parser.lastEventID
            progress.retry = parser.retry
        }
        for event in events where inbox.push(event) { pause() }
        switch fault {
        case nil:
            if reader.isComplete { end(with: .success(nil)) }
        case .malformed(let reason):
            end(with: .failure(lost(": \(reason)")))
        case .excess(let excess):
            let error = WebSocketError(.messageTooBig, "The events of \(host) cannot be taken: \(excess.reason).")
            end(with: .failure(error))
        }
    }

    private func lost(_ reason: String) -> WebSocketError {
        WebSocketError(.closed, "The connection to \(host) was lost\(reason).")
    }

    // MARK: Back-pressure

    private func pause() {
        isPaused = true
        pauseReading()
    }

    /// The reader has made room.
    func resumeReadingFromAnyThread() {
        if loop.isOnThread { resume() } else { loop.execute { self.resume() } }
    }

    private func resume() {
        isPaused = false
        lastHeard = loop.now
        resumeReading()
    }

    // MARK: The end

    private func end(with end: Inbox<ServerSentEvent>.Element) {
        inbox.finish(end)
        self.end()
    }

    /// Nobody reads any further.
    func endFromAnyThread() {
        inbox.finish(.success(nil))
        loop.execute { self.end() }
    }

    override func transportEnded() {
        if let failure = tls?.failure {
            inbox.finish(.failure(lost(": \(failure.description)")))
        } else {
            inbox.finish(reader.isWholeAtEnd ? .success(nil) : .failure(lost("")))
        }
    }

    override func loopShutsDown() {
        end(with: .failure(.loopStopped))
    }

    override func deadlinePassed(_ now: UInt64) -> UInt64? {
        guard let silenceMilliseconds else { return nil }
        // What waits to be read while nobody takes it is no silence.
        if isPaused { return now + silenceMilliseconds }
        guard now >= lastHeard + silenceMilliseconds else { return lastHeard + silenceMilliseconds }
        end(with: .failure(lost(": nothing came for \(silenceMilliseconds / 1_000) seconds")))
        return nil
    }
}

extension ServerSentEvent: Sized {
    var byteCount: Int { id.utf8.count + event.utf8.count + data.utf8.count }
}
