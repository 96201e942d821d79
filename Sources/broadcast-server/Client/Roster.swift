/// Who is in the channel, as far as the server has told.
///
/// At most ``maximumMembers`` are known by name, whatever a server tells.
struct Roster: Equatable, Sendable {
    static let maximumMembers = 1_000

    private(set) var own: Member?
    private var names: [ClientID: String] = [:]
    private var count = 0

    mutating func take(_ welcome: Welcome) {
        own = welcome.member
        names = [:]
        for member in (welcome.members ?? []) + [welcome.member] { put(member) }
        count = welcome.count
    }

    /// Who is here, anew.
    mutating func take(_ attendance: Attendance) {
        guard let last = own else { return }
        let own = attendance.members?.first { $0.id == last.id } ?? last
        self.own = own
        names = [:]
        for member in (attendance.members ?? []) + [own] { put(member) }
        count = attendance.count
    }

    mutating func join(_ presence: Presence) {
        put(presence.member)
        count = presence.count
    }

    mutating func leave(_ presence: Presence) {
        names[presence.member.id] = nil
        count = presence.count
    }

    mutating func rename(_ renaming: Renaming) {
        put(renaming.member)
        if renaming.member.id == own?.id { own = renaming.member }
    }

    func isOwn(_ id: ClientID) -> Bool { id == own?.id }

    private mutating func put(_ member: Member) {
        guard names[member.id] != nil || names.count < Self.maximumMembers else { return }
        names[member.id] = member.name
    }

    /// The names of the others, in order of their ids.
    var otherNames: [String] {
        names.keys.sorted().filter { $0 != own?.id }.compactMap { names[$0] }
    }

    /// Who is here, in a sentence; nil before the server has told anything.
    var summary: String? {
        guard let own else { return nil }
        let others = otherNames
        let unnamed = count - others.count - 1
        let list = ["you (\(own.name))"] + others + (unnamed > 0 ? ["\(unnamed) more"] : [])
        return "\(max(count, 1)) here: \(list.joined(separator: ", "))."
    }
}
