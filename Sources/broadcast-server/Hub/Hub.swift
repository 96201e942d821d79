/// Who takes part in the chat: hands out the ids, knows the members, and tells who gets what one of them says.
///
/// It is plain logic: no input or output, no lock, no clock. `Member` is whatever reaches a member, such as a connection;
/// a test uses a string.
struct Hub<Member> {
    private struct Entry {
        let id: ClientID
        let member: Member
    }

    // An array to walk over when a message goes out, and an index into it to find a member that leaves.
    private var entries: [Entry] = []
    private var positions: [ClientID: Int] = [:]
    private var lastNumber: UInt64 = 0

    /// The number of members.
    var count: Int { entries.count }

    /// Takes in a member under a new id.
    mutating func join(_ member: Member) -> ClientID {
        lastNumber += 1
        let id = ClientID(number: lastNumber)
        positions[id] = entries.count
        entries.append(Entry(id: id, member: member))
        return id
    }

    /// Removes a member; false when there was none of that id. The order of the others may change.
    @discardableResult
    mutating func leave(_ id: ClientID) -> Bool {
        guard let position = positions.removeValue(forKey: id) else { return false }
        let last = entries.removeLast()
        if last.id != id {
            entries[position] = last
            positions[last.id] = position
        }
        return true
    }

    /// Everybody but `sender`, as of now: members that join or leave while the result is walked over do not change it.
    func recipients(of sender: ClientID) -> some Sequence<Member> {
        entries.lazy.filter { $0.id != sender }.map(\.member)
    }
}
