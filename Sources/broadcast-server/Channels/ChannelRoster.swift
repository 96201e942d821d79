/// The members of one channel and their names, and what the others are to be told of them.
struct ChannelRoster: Sendable {
    /// In a channel of more members nobody is told who is there, comes and goes: it would cost the square of their number.
    static let maximumIntroduced = 100

    private struct Entry: Sendable {
        var name: String
        /// Whether the name is its own, as given by the register.
        var isNamed: Bool
        /// Whether a token says so: nobody else gets that name.
        var isFixed = false
        var changes = RateLimit.Use()
    }

    /// How often a member may change its name: each change is told to all.
    static let changes = RateLimit(burst: 10, interval: .seconds(5))

    private var entries: [ClientID: Entry] = [:]
    private var names = NameRegister()

    var count: Int { entries.count }
    var ids: [ClientID] { entries.keys.sorted() }

    /// Whether everybody is told who is there.
    private var isIntroduced: Bool { count <= Self.maximumIntroduced }

    /// Everybody, unless they are too many.
    var attendance: Attendance {
        let members = isIntroduced ? entries.map { Member(id: $0.key, name: $0.value.name) } : nil
        return Attendance(count: count, members: members?.sorted { $0.id < $1.id })
    }

    func member(_ id: ClientID) -> Member? {
        entries[id].map { Member(id: id, name: $0.name) }
    }

    /// Whether a member is called by a name of its own.
    func isNamed(_ id: ClientID) -> Bool { entries[id]?.isNamed ?? false }

    /// Whether a member is called as its token says.
    func isFixed(_ id: ClientID) -> Bool { entries[id]?.isFixed ?? false }

    /// Takes in a member that is not there.
    ///
    /// - Parameters:
    ///   - name: the one it wants; it goes by its id when too many have that, or when it wants none.
    ///   - isFixed: a token says that it is called so: another one that is called so without has to give way.
    /// - Returns: the member with the name it got, and who has another name for that.
    mutating func add(
        _ id: ClientID,
        name: MemberName?,
        isFixed: Bool = false
    ) -> (member: Member, isNamed: Bool, displaced: Renaming?) {
        var displaced: Renaming?
        let own: String?
        if isFixed, let name, let holder = names.holder(of: name), let old = entries[holder], !old.isFixed {
            own = names.take(name, for: id)
            let other = (try? MemberName(old.name)).flatMap { names.claim($0, for: holder) }
            entries[holder] = Entry(name: other ?? Member(id: holder).name, isNamed: other != nil, changes: old.changes)
            displaced = member(holder).map { Renaming(member: $0, was: old.name) }
        } else {
            own = name.flatMap { names.claim($0, for: id) }
        }
        let entry = Entry(name: own ?? Member(id: id).name, isNamed: own != nil, isFixed: isFixed && own != nil)
        entries[id] = entry
        return (Member(id: id, name: entry.name), entry.isNamed, displaced)
    }

    /// Takes in a member that was there before, under the very name it had; nil for one that goes by its id.
    mutating func restore(_ id: ClientID, name: String?, isFixed: Bool = false) {
        if let name { names.restore(name, for: id) }
        entries[id] = Entry(name: name ?? Member(id: id).name, isNamed: name != nil, isFixed: isFixed && name != nil)
    }

    /// Lets a member go; nil when it is not there.
    mutating func remove(_ id: ClientID) -> Member? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        if entry.isNamed { names.release(entry.name) }
        return Member(id: id, name: entry.name)
    }

    /// Gives a member another name, or none.
    ///
    /// - Returns: how it is called now, and what all are to be told; nil when it is not there.
    /// - Throws: a problem when too many have that name, or it has had too many. The member keeps the one it had.
    mutating func rename(
        _ id: ClientID,
        to name: MemberName?,
        now: ContinuousClock.Instant?
    ) throws(Problem) -> (renaming: Renaming, notice: ServerObject?)? {
        guard var old = entries[id] else { return nil }
        if let now, !Self.changes.allows(&old.changes, now: now) { throw Self.changesTooOften }
        entries[id] = old
        // Claimed before the old one is given back, which might be the same.
        let own = name.flatMap { names.claim($0, for: id) }
        if name != nil && own == nil { throw Self.tooManyAlike }
        if old.isNamed, !(own.map { NameRegister.areAlike($0, old.name) } ?? false) { names.release(old.name) }
        let entry = Entry(
            name: own ?? Member(id: id).name,
            isNamed: own != nil,
            isFixed: old.isFixed && own != nil,
            changes: old.changes
        )
        entries[id] = entry
        let renaming = Renaming(member: Member(id: id, name: entry.name), was: old.name)
        return (renaming, isIntroduced ? .renamed(renaming) : nil)
    }

    /// What all are told of a member that had to give its name away.
    func notice(of renaming: Renaming) -> ServerObject? { isIntroduced ? .renamed(renaming) : nil }

    /// What the others are told when a member was taken in.
    func arrival(of member: Member) -> ServerObject? {
        switch count {
        case ...Self.maximumIntroduced: .joined(Presence(member: member, count: count))
        // From here on nobody can follow any more, and should know.
        case Self.maximumIntroduced + 1: .members(attendance)
        default: nil
        }
    }

    /// What those who are left are told when a member has gone.
    func departure(of member: Member) -> ServerObject? {
        switch count {
        case ..<Self.maximumIntroduced: .left(Presence(member: member, count: count))
        // Who came and went meanwhile was not told.
        case Self.maximumIntroduced: .members(attendance)
        default: nil
        }
    }

    static let tooManyAlike = Problem(.badName, "Too many members have this name: choose another one.")

    static let changesTooOften = Problem(
        .tooOften,
        "A name may change \(changes.burst) times at once, and then every \(changes.interval.components.seconds) seconds."
    )
}
