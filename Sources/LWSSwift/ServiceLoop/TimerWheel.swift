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
    private static let slotCount = 512

    private var slots: [[Token]] = Array(repeating: [], count: slotCount)
    private var entryCount = 0
    /// The last tick that has fired.
    private(set) var current: UInt64 = 0

    /// Adds an entry and returns the tick it will fire at: `tick`, or the wheel's horizon when that is nearer.
    mutating func add(_ token: Token, at tick: UInt64) -> UInt64 {
        let due = min(max(tick, current + 1), current + UInt64(Self.slotCount) - 1)
        slots[Int(due % UInt64(Self.slotCount))].append(token)
        entryCount += 1
        return due
    }

    /// The next tick that has an entry.
    var nextDue: UInt64? {
        guard entryCount > 0 else { return nil }
        for distance in 1..<UInt64(Self.slotCount) {
            let tick = current + distance
            if !slots[Int(tick % UInt64(Self.slotCount))].isEmpty { return tick }
        }
        return nil
    }

    /// Moves on to `tick` and takes out the entries that are due, with the tick each was due at.
    mutating func advance(to tick: UInt64) -> [(token: Token, tick: UInt64)] {
        var fired: [(token: Token, tick: UInt64)] = []
        while current < tick {
            guard entryCount > 0 else {
                current = tick
                break
            }
            current += 1
            let slot = Int(current % UInt64(Self.slotCount))
            guard !slots[slot].isEmpty else { continue }
            entryCount -= slots[slot].count
            for token in slots[slot] { fired.append((token, current)) }
            // The storage goes too: a slot that held ten thousand entries once must not keep their memory.
            slots[slot] = []
        }
        return fired
    }
}
