/// What was revoked while the process runs, which a file need not have: it holds for every server of the process, whatever files
/// are read, until one is read that has been given it. May be used on any thread.
final class StandingRevocations: Sendable {
    /// One that is written down: a file that is read from now on has it, unless somebody has taken it out.
    struct Written: Sendable {
        fileprivate let entry: Revocations.Entry
        fileprivate let number: Int
    }

    private struct State: Sendable {
        /// The same may be revoked anew while a file is read that has it no more: the number tells which time is meant.
        var entries: [Revocations.Entry: (number: Int, isWritten: Bool)] = [:]
        var lastNumber = 0
    }

    private let state = Monitor(State())

    var all: [Revocations.Entry] { state.withLock { Array($0.entries.keys) } }

    var written: [Written] {
        state.withLock { state in
            state.entries.compactMap { $1.isWritten ? Written(entry: $0, number: $1.number) : nil }
        }
    }

    /// - Returns: false when there is no room for another one.
    func insert(_ entry: Revocations.Entry) -> Bool {
        state.withLock { state in
            guard state.entries[entry] != nil || state.entries.count < Revocations.maximumCount else { return false }
            state.lastNumber += 1
            state.entries[entry] = (state.lastNumber, false)
            return true
        }
    }

    func wasWritten(_ entry: Revocations.Entry) {
        state.withLock { $0.entries[entry]?.isWritten = true }
    }

    /// The file says whether these hold.
    func forget(_ written: [Written]) {
        state.withLock { state in
            for one in written where state.entries[one.entry]?.number == one.number { state.entries[one.entry] = nil }
        }
    }
}
