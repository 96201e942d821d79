internal import CLibWebSockets

/// What stands behind one socket of a loop, and hears what lws calls back about it.
///
/// From ``attach(_:)`` until lws' last callback for the socket, `LWS_CALLBACK_WSI_DESTROY`, lws' opaque user data holds
/// one retained reference to this object: that is its only owner in C. Confined to the
/// loop's thread.
@safe
class LoopSocket {
    let loop: ServiceLoop
    /// lws' socket; nil before it exists and after its last callback.
    private(set) var wsi: OpaquePointer?
    /// This socket's place in the loop's table.
    private(set) var token: TimerWheel.Token
    /// The tick of the wheel entry that counts; a later one is stale.
    var scheduledTick: UInt64 = .max
    // Last, so that the flags of a subclass take no room of their own.
    private var isReferenced = false
    /// lws was told to close the socket, or does so by itself.
    private var isDoomed = false

    init(_ loop: ServiceLoop) {
        assert(loop.isCurrent)
        self.loop = loop
        token = TimerWheel.Token(index: .max, generation: 0)
        token = loop.sockets.insert(self)
    }

    deinit {
        unsafe assert(wsi == nil, "A socket is freed while lws still refers to it.")
    }

    /// Takes over a socket of lws, and with it the reference that lws holds.
    final func attach(_ wsi: OpaquePointer) {
        precondition(!isReferenced, "lws holds a reference to this socket already.")
        isReferenced = true
        unsafe self.wsi = wsi
        unsafe lws_set_opaque_user_data(wsi, Unmanaged.passRetained(self).toOpaque())
    }

    /// Takes the reference back from lws; idempotent.
    private func unreference() {
        guard isReferenced else { return }
        isReferenced = false
        unsafe Unmanaged.passUnretained(self).release()
    }

    /// Hands the socket over to `successor`: an HTTP request that became a WebSocket connection.
    final func handOver(to successor: LoopSocket) {
        guard let wsi = unsafe wsi else { return }
        unsafe self.wsi = nil
        unsafe successor.attach(wsi)
        leaveTable()
        // This may well be an event of the socket: whoever hands over must outlive it.
        loop.retired.append(self)
        unreference()
    }

    /// lws closes the socket: it may not be used any more, although lws will name it once again.
    final func letGo() {
        unsafe wsi = nil
        isDoomed = true
    }

    /// Lets go of the socket at lws' last callback.
    final func detach(_ wsi: OpaquePointer) {
        unsafe lws_set_opaque_user_data(wsi, nil)
        unsafe self.wsi = nil
        unreference()
    }

    /// Gives up the place in the loop's table; idempotent.
    final func leaveTable() {
        loop.sockets.remove(token)
        scheduledTick = .max
    }

    /// Has lws close the socket at the end of this turn of the loop: within a callback of lws, which may be one of this very
    /// socket, it must not be (`LWS_TO_KILL_SYNC`, lws-timeout-timer.h).
    final func kill() {
        guard unsafe wsi != nil, !isDoomed else { return }
        isDoomed = true
        loop.doomed.append(self)
    }

    /// Closes the socket now; lws calls back from within.
    final func closeNow() {
        guard let wsi = unsafe wsi else { return }
        unsafe lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC)
    }

    /// Bytes arrived (`LWS_CALLBACK_RAW_RX`), in lws' read buffer, where they may be changed.
    func receive(_ bytes: UnsafeMutableRawBufferPointer) {}

    /// Any other event; the result is what the C callback returns: 0 to go on, -1 to have lws end the socket.
    func handle(_ reason: lws_callback_reasons, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int32 {
        0
    }

    /// lws frees its socket: nothing more is heard of it.
    func ended() {
        leaveTable()
    }

    /// A deadline has come; answers with the next one in milliseconds of the loop's clock.
    func deadlineReached(_ now: UInt64) -> UInt64? {
        nil
    }

    /// The loop shuts down.
    func loopShutsDown() {
        kill()
    }
}

/// The sockets of a loop, by slots that are used again: what the timer wheel and shutdown go through.
struct SocketTable {
    private var slots: ContiguousArray<LoopSocket?> = []
    private var generations: ContiguousArray<UInt32> = []
    private var free: ContiguousArray<UInt32> = []
    private(set) var count = 0

    subscript(token: TimerWheel.Token) -> LoopSocket? {
        let index = Int(token.index)
        guard index < slots.count, generations[index] == token.generation else { return nil }
        return slots[index]
    }

    var all: [LoopSocket] { slots.compactMap { $0 } }

    mutating func insert(_ socket: LoopSocket) -> TimerWheel.Token {
        count += 1
        if let index = free.popLast() {
            slots[Int(index)] = socket
            return TimerWheel.Token(index: index, generation: generations[Int(index)])
        }
        slots.append(socket)
        generations.append(0)
        return TimerWheel.Token(index: UInt32(slots.count - 1), generation: 0)
    }

    mutating func remove(_ token: TimerWheel.Token) {
        let index = Int(token.index)
        guard index < slots.count, generations[index] == token.generation, slots[index] != nil else { return }
        slots[index] = nil
        generations[index] &+= 1
        free.append(token.index)
        count -= 1
    }
}
