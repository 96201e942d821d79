/// A connection's places in groups: nearly always one, which takes no memory but its own.
enum Memberships {
    case none
    case one(BroadcastMember)
    case several(ContiguousArray<BroadcastMember>)

    mutating func append(_ member: BroadcastMember) {
        switch self {
        case .none: self = .one(member)
        case .one(let first): self = .several([first, member])
        case .several(var members):
            members.append(member)
            self = .several(members)
        }
    }

    mutating func remove(_ member: BroadcastMember) {
        let members = filter { $0 !== member }
        self = members.count > 1 ? .several(ContiguousArray(members)) : members.first.map(Self.one) ?? .none
    }
}

extension Memberships: RandomAccessCollection {
    var startIndex: Int { 0 }

    var endIndex: Int {
        switch self {
        case .none: 0
        case .one: 1
        case .several(let members): members.count
        }
    }

    subscript(index: Int) -> BroadcastMember {
        switch self {
        case .one(let member) where index == 0: member
        case .several(let members): members[index]
        case .none, .one: preconditionFailure("There is no membership \(index).")
        }
    }
}
