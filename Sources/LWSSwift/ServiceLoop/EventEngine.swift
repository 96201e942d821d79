internal import CLibWebSockets
internal import Glibc

/// What waits for events beneath lws: libuv's epoll, or the poll() that is built in.
protocol EventEngine: AnyObject {
    /// A word for log lines.
    var name: String { get }
    /// Makes lws use this engine.
    func configure(_ info: inout lws_context_creation_info)
    /// Serves what is ready, once; waits for something when `waiting`.
    func turn(_ context: OpaquePointer, waiting: Bool)
    /// Calls the loop's timer function after this long, in place of any earlier request; never when nil.
    func setTimer(milliseconds: UInt64?)
    /// Descriptors among which are all that the context has opened for itself and still has.
    func ownDescriptors() -> [Int32]
    /// Destroys the context and whatever the engine holds.
    func destroy(_ context: OpaquePointer)
}

/// libuv through lws' event-library plugin, on a uv loop of our own ("foreign loop"): cost per event does not grow with
/// the number of connections, and control comes back after every turn.
///
/// Everything here happens on the loop's thread.
@safe
final class UVEngine: EventEngine {
    let name = "libuv"
    private let loop = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
    private let timer = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
    /// lws takes an array of loops, one for each service thread of the context, and keeps the pointer.
    private let foreignLoops = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: 1)
    /// Where lws notes that the context has really gone (lws-context-vhost.h, `pcontext`).
    private let contextSlot = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: 1)

    /// nil when libuv cannot make a loop, which happens when descriptors have run out.
    init?(owner: ServiceLoop) {
        guard unsafe uv_loop_init(loop) == 0 else {
            unsafe loop.deallocate()
            unsafe timer.deallocate()
            unsafe foreignLoops.deallocate()
            unsafe contextSlot.deallocate()
            return nil
        }
        unsafe uv_timer_init(loop, timer)
        // Unretained: the loop owns the engine and outlives it.
        unsafe timer.pointee.data = Unmanaged.passUnretained(owner).toOpaque()
        unsafe foreignLoops.initialize(to: UnsafeMutableRawPointer(loop))
        unsafe contextSlot.initialize(to: nil)
    }

    func configure(_ info: inout lws_context_creation_info) {
        unsafe info.options |= UInt64(LWS_SERVER_OPTION_LIBUV)
        unsafe info.foreign_loops = foreignLoops
        unsafe info.pcontext = contextSlot
    }

    func turn(_ context: OpaquePointer, waiting: Bool) {
        unsafe uv_run(loop, waiting ? UV_RUN_ONCE : UV_RUN_NOWAIT)
    }

    func setTimer(milliseconds: UInt64?) {
        guard let milliseconds else {
            unsafe uv_timer_stop(timer)
            return
        }
        // libuv counts from the time it read at the start of the turn.
        unsafe uv_update_time(loop)
        unsafe uv_timer_start(
            timer,
            { timer in
                guard let data = unsafe timer?.pointee.data else { return }
                unsafe Unmanaged<ServiceLoop>.fromOpaque(data).takeUnretainedValue().timerFired()
            },
            milliseconds,
            0
        )
    }

    @safe
    private struct SocketHandle {
        let pointer: UnsafeMutablePointer<uv_handle_t>
    }

    /// The handles of the loop that watch a socket and are not closed yet.
    private func socketHandles() -> [SocketHandle] {
        var handles: [SocketHandle] = []
        unsafe withUnsafeMutablePointer(to: &handles) { list in
            unsafe uv_walk(
                loop,
                { handle, list in
                    guard let handle = unsafe handle, let list = unsafe list, unsafe handle.pointee.type == UV_POLL,
                        unsafe uv_is_closing(handle) == 0
                    else { return }
                    let handles = unsafe list.assumingMemoryBound(to: [SocketHandle].self)
                    unsafe handles.pointee.append(SocketHandle(pointer: handle))
                },
                list
            )
        }
        return handles
    }

    /// With a foreign loop lws closes its handles through the loop, in two steps with the loop run in between
    /// (lib/core/context.c, `lws_context_destroy`).
    func destroy(_ context: OpaquePointer) {
        // A timer that is set would keep the turns below from coming to an end.
        setTimer(milliseconds: nil)
        unsafe contextSlot.pointee = context
        // When every socket has ended, what remains is the descriptor that wakes lws.
        let pipe = LibraryVersion.loaded.closesWakeUpTwice ? ownDescriptors().first : nil
        unsafe lws_context_destroy(context)
        if let pipe, !occupy(pipe) { return }
        drain()
        if let remaining = unsafe contextSlot.pointee {
            unsafe lws_context_destroy(remaining)
        }
        close()
    }

    func ownDescriptors() -> [Int32] {
        socketHandles().compactMap { handle in
            var descriptor: Int32 = -1
            return unsafe uv_fileno(handle.pointer, &descriptor) == 0 ? descriptor : nil
        }
    }

    /// lws before 4.2 closes the event pipe twice: at once, and when libuv has closed its handle (lib/core-net/vhost.c,
    /// `lws_destroy_event_pipe`). In between another thread may have opened something under this number, so it is taken
    /// here, for the second close to close. False when another thread was faster and keeps the number: the context is
    /// then left as it is, because its memory is worth less than a stranger's descriptor.
    private func occupy(_ number: Int32) -> Bool {
        for _ in 0..<200 {
            let taken = unsafe fcntl(uv_backend_fd(loop), F_DUPFD_CLOEXEC, number)
            if taken == number { return true }
            if taken >= 0 { Glibc.close(taken) }
            usleep(1_000)
        }
        return false
    }

    /// Closes the engine without a context, after its creation failed.
    func close() {
        if unsafe uv_is_closing(UnsafeMutableRawPointer(timer).assumingMemoryBound(to: uv_handle_t.self)) == 0 {
            unsafe uv_close(UnsafeMutableRawPointer(timer).assumingMemoryBound(to: uv_handle_t.self), nil)
        }
        drain()
        let result = unsafe uv_loop_close(loop)
        precondition(result == 0, "A libuv handle is still open when its loop ends: a bug in LWSSwift.")
        unsafe loop.deallocate()
        unsafe timer.deallocate()
        unsafe foreignLoops.deallocate()
        unsafe contextSlot.deallocate()
    }

    private func drain() {
        // A closed handle needs one turn to be reported; the bound only keeps a defect from hanging the process.
        for _ in 0..<10_000 where unsafe uv_run(loop, UV_RUN_NOWAIT) == 0 { return }
    }
}

/// lws' own poll() loop: always there, but each event costs time in proportion to the number of connections.
///
/// Everything here happens on the loop's thread.
@safe
final class PollEngine: EventEngine {
    let name = "poll"
    private unowned let owner: ServiceLoop
    private let timer = UnsafeMutablePointer<Timer>.allocate(capacity: 1)
    private var context: OpaquePointer?
    /// What was open before the context was made.
    private var earlierDescriptors: Set<Int32> = []

    /// The list node must come first: lws hands the node back and the owner is found behind it.
    @safe
    private struct Timer {
        var node = unsafe lws_sorted_usec_list_t()
        var owner: UnsafeMutableRawPointer
    }

    init(owner: ServiceLoop) {
        self.owner = owner
        unsafe timer.initialize(to: Timer(owner: Unmanaged.passUnretained(owner).toOpaque()))
    }

    deinit {
        unsafe timer.deallocate()
    }

    func configure(_ info: inout lws_context_creation_info) {
        earlierDescriptors = OpenDescriptors.all()
    }

    /// lws does not tell which it waits for: what other threads have opened since is among these.
    func ownDescriptors() -> [Int32] {
        OpenDescriptors.all().filter { !earlierDescriptors.contains($0) }
    }

    func turn(_ context: OpaquePointer, waiting: Bool) {
        unsafe self.context = context
        // The timeout argument is ignored since 3.2 but for its sign: -1 does not wait.
        unsafe lws_service(context, waiting ? 0 : -1)
    }

    func setTimer(milliseconds: UInt64?) {
        guard let context = unsafe context else { return }
        let node = unsafe UnsafeMutableRawPointer(timer).assumingMemoryBound(to: lws_sorted_usec_list_t.self)
        guard let milliseconds else {
            unsafe lws_sul_cancel(node)
            return
        }
        unsafe lws_sul_schedule(
            context,
            0,
            node,
            { node in
                guard let node = unsafe node else { return }
                let timer = unsafe UnsafeMutableRawPointer(node).assumingMemoryBound(to: Timer.self)
                unsafe Unmanaged<ServiceLoop>.fromOpaque(timer.pointee.owner).takeUnretainedValue().timerFired()
            },
            lws_usec_t(max(milliseconds, 1) * 1_000)
        )
    }

    func destroy(_ context: OpaquePointer) {
        setTimer(milliseconds: nil)
        unsafe lws_context_destroy(context)
    }
}
