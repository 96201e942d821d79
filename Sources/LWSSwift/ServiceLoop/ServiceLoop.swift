internal import CLibWebSockets
internal import Dispatch
internal import Glibc
public import Logging

/// One thread that owns one libwebsockets context, and at the same time a Swift executor.
///
/// Everything that touches a connection happens on the loop's thread: lws' callbacks, the closures of the fast path,
/// and, because the loop is a `SerialExecutor` and offers a ``taskExecutor``, the tasks of the easy path. A handler that
/// awaits messages on the loop is resumed there without a change of threads. Work that takes long must leave the loop
/// (mark it `@concurrent`): while it runs, no connection of the loop is served.
///
/// ```swift
/// let loop = try await ServiceLoop.start()
/// let server = try await WebSocketServer.start(.init(port: 0), on: loop) { connection in … }
/// …
/// await loop.shutdown()
/// ```
///
/// A loop that is started must be shut down; that closes its connections, runs every job, and frees the context, the
/// descriptors and the thread. Any number of loops may exist, one after another or side by side.
@safe
public final class ServiceLoop: @unchecked Sendable {
    // Reason for the unchecked conformance: the variables below the line "confined" are touched on the loop's thread
    // only, which `preconditionIsCurrent` checks at the public entries; behind them are lws' callbacks and the loop's own
    // jobs. What other threads use is immutable, atomic or behind a lock.

    /// How a loop waits for events.
    public enum EventLibrary: Sendable, Hashable {
        /// libuv when lws' plugin for it is installed, else poll with one line in the log.
        case automatic
        /// libuv, or an error. Debian and Ubuntu: `libwebsockets-evlib-uv`.
        case libuv
        /// lws' built-in poll(): needs no plugin; each event costs time in proportion to the number of connections.
        case poll
    }

    /// Settings of a loop.
    public struct Configuration: Sendable {
        /// The name of the thread, as debuggers and `ps -L` show it; cut at 15 bytes.
        public var name: String
        /// How the loop waits for events.
        public var eventLibrary: EventLibrary
        /// The largest opening handshake or HTTP request head that is taken, in bytes: request line and header fields
        /// together, from 1 KiB to 1 MiB. A client that sends more is answered with 431, or 414 for the request line alone; a
        /// server is disconnected. Held while the request is answered. Default: 8 KiB.
        public var maximumHeaderBytes: Int
        /// How long ``ServiceLoop/shutdown()`` waits for handlers that have not returned, from the end of the last
        /// connection on. Default: 10 seconds.
        public var handlerDeadline: Duration
        /// Where the loop logs, and where lws' own warnings and errors go.
        public var logger: Logger

        public init(
            name: String = "lws-loop",
            eventLibrary: EventLibrary = .automatic,
            maximumHeaderBytes: Int = 8 << 10,
            handlerDeadline: Duration = .seconds(10),
            logger: Logger = Logger(label: "LWSSwift")
        ) {
            self.name = name
            self.eventLibrary = eventLibrary
            self.maximumHeaderBytes = maximumHeaderBytes
            self.handlerDeadline = handlerDeadline
            self.logger = logger
        }
    }

    let configuration: Configuration
    let logger: Logger
    let jobQueue = JobQueue()
    /// The handlers of connections that are under way here.
    let handlers = HandlerTasks()
    private let exit = Lock(Exit())

    private struct Exit: Sendable {
        var hasExited = false
        var waiters: [WaitingTask<Void>] = []
    }

    /// The executor for tasks that should run on the loop: `Task(executorPreference: loop.taskExecutor)`.
    ///
    /// It is an object apart from the loop because a task without that preference must not run as one with it: the
    /// runtime would enqueue it twice.
    public var taskExecutor: any TaskExecutor { loopTaskExecutor }
    private let loopTaskExecutor: LoopTaskExecutor

    // MARK: Confined to the loop's thread

    /// The lws context; nil before the thread has made it and after it was destroyed.
    var context: OpaquePointer?
    var engine: (any EventEngine)?
    var jobs = JobBatch()
    var isShuttingDown = false
    /// Runs while the shutdown waits for handlers and for nothing else.
    var handlerTimer: LoopTimer?
    var hasGivenUpHandlers = false
    /// The last thing lws reported as error or warning, which is the only reason it gives for a failed call.
    var lastLibraryError: String?
    var sockets = SocketTable()
    var timers = TimerWheel()
    /// The tick the engine's timer is set to.
    var armedTick: UInt64?
    /// Sockets that lws is to close at the end of this turn.
    var doomed: [LoopSocket] = []
    /// What stood behind a socket and may still be at work in its event: kept to the end of the turn.
    var retired: [LoopSocket] = []
    /// Connections with something to write at the end of this turn.
    var unflushed: [Subscriber] = []
    var spareUnflushed: [Subscriber] = []
    var replays = ReplayTurns()
    /// Logs of groups with something to write at the end of this turn.
    var unflushedLanes: [BroadcastLane] = []
    /// Groups whose members' limits are to be looked at when this turn has written.
    var unchecked: [MemberWatch] = []
    /// A connection has received something since messages of groups were last written.
    var hasReceived = false
    /// Clients have come in this turn: to answer them takes time, for which messages of groups do not wait.
    var hasAccepted = false
    /// Bytes of messages of groups that wait for the end of the turn.
    var unflushedBytes = 0
    /// A slab of a log has filled in this turn, so that limits of members are to be looked at: no further jobs are begun.
    var hasFilledSlab = false
    /// When they have to be written, in nanoseconds of the system's clock; 0 when there are none yet.
    var absorbDeadline: UInt64 = 0
    /// How long they may wait for others.
    var absorbNanoseconds: UInt64 = 0
    var spareUnflushedLanes: [BroadcastLane] = []
    /// What hands this turn's messages over to other loops.
    var unrelayed: [() -> Void] = []
    /// Where the pieces of one write are put together, when they are many and small.
    let gatherBuffer = GatherBuffer()
    let slabs = SlabPool()
    /// What the TLS sessions of this loop decrypt into.
    let tlsScratch = TLSScratch()
    var turnHooks: [(id: Int, body: () -> Void)] = []
    var nextTurnHookID = 0
    let clock = LoopClock()
    /// What sockets without a server are adopted into; nil before the first.
    var commonVhost: OpaquePointer?
    /// Attempts to connect, by their tickets.
    var dials: [ObjectIdentifier: ClientDial] = [:]
    /// What lws may refer to until its context is destroyed.
    let protocolTable = ProtocolTable()
    let contextLog = ContextLog()
    var servers: [ServerCore] = []
    var maskingKeys = MaskingKeySource()
    /// Made for the first connection that may receive compressed messages.
    lazy var inflater = Inflater()
    var deflaters = DeflaterTable()
    var turnMeter = TurnMeter()
    /// When the clock was first read in this turn, which is when it had something to do; 0 while it waits for that.
    var turnBegin: UInt64 = 0
    /// How long it has taken from then until messages of groups were written.
    var writing = LatencyHistogram()
    /// What groups count.
    var totals = BroadcastTotals()

    private init(_ configuration: Configuration) {
        self.configuration = configuration
        self.logger = configuration.logger
        loopTaskExecutor = LoopTaskExecutor(jobQueue)
    }

    /// Starts a loop: makes the thread and, on it, the lws context.
    ///
    /// - Throws: ``WebSocketError/Code/invalidConfiguration``; ``WebSocketError/Code/unsupportedLibrary`` when the libwebsockets at run time is too old, is of another version
    ///   than the headers that the program was compiled with, or cannot make a context, or when ``EventLibrary/libuv`` was asked for and lws' plugin for it is not installed;
    ///   ``WebSocketError/Code/system`` when no thread can be made, or fewer than 16 file descriptors can be opened.
    public static func start(_ configuration: Configuration = Configuration()) async throws(WebSocketError)
        -> ServiceLoop
    {
        try configuration.validate()
        let loop = ServiceLoop(configuration)
        let result = await WaitingTask.wait { task in loop.spawnThread { task.finish($0) } }
        try result.get()
        return loop
    }

    /// Ends every connection, waits for their handlers, runs every job that was enqueued, and frees the context, its
    /// descriptors and the thread.
    ///
    /// Connections are closed with code 1001 and cut when their ``ConnectionLimits/closeTimeout`` has passed. The handlers
    /// of ``WebSocketServer/run(_:on:onListening:handler:)`` and ``WebSocketClient/connect(to:_:on:handler:)`` then have
    /// ``Configuration/handlerDeadline`` to return; one that calls this is not waited for. May be called on any thread, more
    /// than once, and from a task that runs on the loop. Cancelling the task does not cut it short.
    ///
    /// A task that prefers the loop and is not done by then goes on all the same, one job at a time on a thread of the
    /// system: what is confined to the loop may still be used there, connections have ended, and what would have to wait
    /// for the loop throws ``WebSocketError/Code/loopStopped``.
    public func shutdown() async {
        if let handler = Handler.current, handler.belongs(to: self) { handler.release() }
        await WaitingTask.wait { task in
            let hasExited = exit.withLock { exit in
                if !exit.hasExited { exit.waiters.append(task) }
                return exit.hasExited
            }
            if hasExited {
                task.finish(())
            } else {
                execute { self.beginShutdown() }
            }
        }
    }

    /// Runs a closure on the loop's thread, after those that were handed in before it.
    ///
    /// Returns at once; called on the loop itself, the closure runs later in the same turn. Once the loop has been shut
    /// down the closure is dropped.
    public func execute(_ job: @escaping @Sendable () -> Void) {
        _ = submit(.closure(job))
    }

    /// Runs a closure on the loop's thread and returns its result; at once when called there.
    ///
    /// - Throws: ``WebSocketError/Code/loopStopped`` once the loop has been shut down.
    public func run<Result: Sendable>(
        _ body: @escaping @Sendable () -> Result
    ) async throws(WebSocketError) -> Result {
        if isOnThread { return body() }
        let result: Swift.Result<Result, WebSocketError> = await WaitingTask.wait { task in
            let isQueued = submit(.closure { task.finish(.success(body())) })
            if !isQueued { task.finish(.failure(.loopStopped)) }
        }
        return try result.get()
    }

    /// Whether the caller runs on the loop: on its thread, or, after the loop has ended, in a task that prefers it. What is
    /// confined to the loop may be used then.
    public var isCurrent: Bool { jobQueue.isCurrent }

    /// Whether the caller runs on the loop's thread, so that nothing has to be handed to it.
    var isOnThread: Bool { jobQueue.isOnThread }

    /// Traps with a message that names `operation` when the caller does not run on the loop.
    public func preconditionIsCurrent(_ operation: @autoclosure () -> String = "This operation") {
        precondition(
            isCurrent,
            """
            \(operation()) may only be used on the thread of its service loop "\(configuration.name)": in a closure given \
            to LWSSwift, in ServiceLoop.execute or run, or in a task with executorPreference: loop.taskExecutor.
            """
        )
    }

    // MARK: Thread

    private func spawnThread(_ started: @escaping @Sendable (Result<Void, WebSocketError>) -> Void) {
        final class Start {
            let loop: ServiceLoop
            let started: @Sendable (Result<Void, WebSocketError>) -> Void

            init(_ loop: ServiceLoop, _ started: @escaping @Sendable (Result<Void, WebSocketError>) -> Void) {
                self.loop = loop
                self.started = started
            }
        }
        // Retained here, released by the thread: the one hand-over.
        let start = unsafe Unmanaged.passRetained(Start(self, started))
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                start.loop.threadMain(start.started)
                return nil
            },
            start.toOpaque()
        )
        if result != 0 {
            unsafe start.release()
            started(.failure(WebSocketError(.system, "No thread can be made: \(SystemError(result)).")))
        }
    }

    private func threadMain(_ started: @Sendable (Result<Void, WebSocketError>) -> Void) {
        jobQueue.bindToThread()
        unsafe pthread_setname_np(pthread_self(), String(decoding: configuration.name.utf8.prefix(15), as: UTF8.self))
        LogBridge.attach(self)
        let result = makeContext()
        started(result)
        if case .success = result {
            runTurns()
            destroyContext()
        }
        LogBridge.attach(nil)
        for job in jobQueue.leftovers() { jobQueue.afterlife.run { self.perform(job) } }
        jobQueue.unbind()
        let thread = pthread_self()
        let waiters = exit.withLock { exit in
            exit.hasExited = true
            defer { exit.waiters = [] }
            return exit.waiters
        }
        // Joining frees the thread; whoever waits is told only then, so that nothing of the loop is left when it hears.
        DispatchQueue.global().async {
            pthread_join(thread, nil)
            for waiter in waiters { waiter.finish(()) }
        }
    }
}

extension ServiceLoop.Configuration {
    /// Refuses settings that cannot be meant.
    func validate() throws(WebSocketError) {
        try SettingRules.require(
            Self.headerBytes ~= maximumHeaderBytes,
            "maximumHeaderBytes must be from \(Self.headerBytes.lowerBound) to \(Self.headerBytes.upperBound)."
        )
        try SettingRules.requireNotNegative(handlerDeadline, "handlerDeadline")
    }

    /// What a browser sends has room in the least; beyond the most it would be no head any more.
    private static var headerBytes: ClosedRange<Int> { 1_024...1 << 20 }
}

/// An errno as a sentence part.
struct SystemError: Error, CustomStringConvertible {
    let number: Int32

    init(_ number: Int32 = errno) {
        self.number = number
    }

    var description: String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text)
    }
}
