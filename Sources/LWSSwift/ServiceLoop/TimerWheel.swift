/// Deadlines of many sockets, kept in slots of a ring so that setting and firing one costs the same however many there
/// are. (libwebsockets keeps its timers in a sorted linear list: 115 µs a connect at 9,000 connections.)
///
/// An entry is never removed: who wants a later deadline lets the old one fire and answers with the new one, who wants
/// an earlier one adds an entry, and an entry that is no longer its owner's earliest is skipped. Ticks are counted from
/// the start of the loop.
struct TimerWheel {
    /// Names a socket in the loop's table; a socket that has gone is recognized by its generation.
    struct Token: Equatable {
        var index: UInt32
        var generation: UInt32
    }

    /// Deadlines are kept to this precision, and fire up to one tick late.
    static let tickMilliseconds: UInt64 = 100
    private static let slotCount: UInt64 = 512

    private var slots: [[Token]] = Array(repeating: [], count: Int(slotCount))
    /// Entries in the slots.
    private var nearCount = 0
    /// Entries beyond the last slot, which are looked at each half turn of the wheel: a slot has no room for the tick.
    private var far: [(token: Token, tick: UInt64)] = []
    /// The last tick that has fired.
    private(set) var current: UInt64 = 0

    var isEmpty: Bool { nearCount == 0 && far.isEmpty }

    /// Adds an entry and returns the tick it will fire at: `tick`, or the next one when that has passed.
    mutating func add(_ token: Token, at tick: UInt64) -> UInt64 {
        let due = max(tick, current + 1)
        if due - current < Self.slotCount {
            slots[Int(due % Self.slotCount)].append(token)
            nearCount += 1
        } else {
            far.append((token, due))
        }
        return due
    }

    /// The next tick at which there is something to do.
    var nextDue: UInt64? {
        let look = far.isEmpty ? nil : nextLook
        guard nearCount > 0 else { return look }
        for distance in 1..<Self.slotCount {
            let tick = current + distance
            if tick == look || !slots[Int(tick % Self.slotCount)].isEmpty { return tick }
        }
        return look
    }

    /// Moves on to `tick` and takes out the entries that are due, with the tick each was due at.
    mutating func advance(to tick: UInt64) -> [(token: Token, tick: UInt64)] {
        var fired: [(token: Token, tick: UInt64)] = []
        while current < tick {
            if nearCount > 0 {
                current += 1
            } else {
                current = far.isEmpty ? tick : min(tick, nextLook)
            }
            if current.isMultiple(of: Self.slotCount / 2) { takeInFar() }
            let slot = Int(current % Self.slotCount)
            guard !slots[slot].isEmpty else { continue }
            nearCount -= slots[slot].count
            for token in slots[slot] { fired.append((token, current)) }
            // The storage goes too: a slot that held ten thousand entries once must not keep their memory.
            slots[slot] = []
        }
        return fired
    }

    /// The next tick at which far entries are looked at: what is due before the one after it lies within the slots then.
    private var nextLook: UInt64 {
        let interval = Self.slotCount / 2
        return (current / interval + 1) * interval
    }

    /// Gives the far entries that have come near their slots.
    private mutating func takeInFar() {
        guard !far.isEmpty else { return }
        let entries = far
        far = []
        for (token, tick) in entries { _ = add(token, at: tick) }
    }
}
