internal import DequeModule

/// What was received and waits for its reader, such as messages, whole or in pieces: filled on the loop, emptied by one task
/// on any thread.
///
/// It never refuses a message, because one that was read from the socket must not be lost; instead it answers when
/// reading has to stop, which bounds it to the high marks plus one message.
final class Inbox<Message: Sized & Sendable>: Sendable {
    typealias Element = Result<Message?, WebSocketError>

    private struct State: Sendable {
        var messages: Deque<Message> = []
        var byteCount = 0
        var reader: WaitingTask<Element>?
        /// What the reader gets after the last message: the end, or the error it ended with.
        var end: Element?
        var isReadingStopped = false
        var isReaderCancelled = false
    }

    /// What became of a request for a message.
    private enum Take: Sendable {
        case element(Element, resumeReading: Bool)
        case parked
        case secondReader
    }

    private let state = Lock(State())
    private let marks: ConnectionLimits.Watermarks

    init(marks: ConnectionLimits.Watermarks) {
        self.marks = marks
    }

    /// Adds a message, or hands it to the reader that waits. True when reading has to stop.
    func push(_ message: Message) -> Bool {
        let (reader, stop) = state.withLock { state -> (WaitingTask<Element>?, Bool) in
            if let reader = state.reader {
                state.reader = nil
                return (reader, false)
            }
            state.messages.append(message)
            state.byteCount += message.byteCount
            let isAbove = state.byteCount > marks.highBytes || state.messages.count > marks.highMessages
            guard isAbove, !state.isReadingStopped else { return (nil, false) }
            state.isReadingStopped = true
            return (nil, true)
        }
        reader?.finish(.success(message))
        return stop
    }

    /// Says that no further message will come; what is in the inbox can still be read.
    func finish(_ end: Element) {
        let reader = state.withLock { state -> WaitingTask<Element>? in
            if state.end == nil { state.end = end }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.finish(end)
    }

    /// Takes the next message, waiting for one if there is none. `resumeReading` is called when the inbox has fallen
    /// to its low marks after reading was stopped.
    ///
    /// Cancelling the task ends the wait and loses no message: the next call gets it.
    func next(
        isolation: isolated (any Actor)?,
        resumeReading: () -> Void
    ) async -> Element {
        switch take() {
        case .element(let element, let resume):
            if resume { resumeReading() }
            return element
        case .secondReader:
            preconditionFailure(Self.secondReaderMessage)
        case .parked:
            break
        }
        return await withTaskCancellationHandler {
            await WaitingTask.wait { task in park(task, resumeReading: resumeReading) }
        } onCancel: {
            cancelReader()
        }
    }

    private static var secondReaderMessage: String {
        "What a connection receives has one reader, but two tasks wait for it. Read in one task and pass on from there."
    }

    private func take() -> Take {
        state.withLock { state in
            if state.reader != nil { return .secondReader }
            if let take = Self.take(from: &state, marks) { return take }
            // A cancellation that came too late for the last wait must not end this one.
            state.isReaderCancelled = false
            return .parked
        }
    }

    private static func take(from state: inout State, _ marks: ConnectionLimits.Watermarks) -> Take? {
        if let message = state.messages.popFirst() {
            state.byteCount -= message.byteCount
            let isBelow = state.byteCount <= marks.lowBytes && state.messages.count <= marks.lowMessages
            let resume = state.isReadingStopped && isBelow
            if resume { state.isReadingStopped = false }
            if state.messages.isEmpty { state.messages = [] }
            return .element(.success(message), resumeReading: resume)
        }
        return state.end.map { .element($0, resumeReading: false) }
    }

    /// Waits for a message, unless one has come since or the task was cancelled meanwhile.
    private func park(_ task: WaitingTask<Element>, resumeReading: () -> Void) {
        let take = state.withLock { state -> Take in
            if state.reader != nil { return .secondReader }
            if let take = Self.take(from: &state, marks) { return take }
            if state.isReaderCancelled {
                state.isReaderCancelled = false
                return .element(.failure(.cancelled), resumeReading: false)
            }
            state.reader = task
            return .parked
        }
        switch take {
        case .parked: break
        case .secondReader: preconditionFailure(Self.secondReaderMessage)
        case .element(let element, let resume):
            if resume { resumeReading() }
            task.finish(element)
        }
    }

    private func cancelReader() {
        let reader = state.withLock { state -> WaitingTask<Element>? in
            // The cancellation may come before the reader has parked; it then finds the flag.
            if state.reader == nil { state.isReaderCancelled = true }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.finish(.failure(.cancelled))
    }

    /// Takes everything out, for a closure that replaces the reader.
    func drain() -> Deque<Message> {
        state.withLock { state in
            defer {
                state.messages = []
                state.byteCount = 0
                state.isReadingStopped = false
            }
            return state.messages
        }
    }
}

/// What counts by its bytes where the room is bounded.
protocol Sized {
    var byteCount: Int { get }
}

extension MessagePiece: Sized {
    var byteCount: Int { bytes.count }
}

/// The inbox of a WebSocket connection.
typealias MessageInbox = Inbox<MessagePiece>
