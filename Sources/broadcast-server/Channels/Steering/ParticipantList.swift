import LWSSwift

/// The members whose connections are on one loop, for whoever runs the server: eight bytes each, and nothing to do for a
/// message.
///
/// Reason for the unchecked conformance: what changes is confined to the loop, which every call checks.
final class ParticipantList: @unchecked Sendable {
    let loop: ServiceLoop
    private var members: ContiguousArray<Participant> = []

    init(_ loop: ServiceLoop) {
        self.loop = loop
    }

    func add(_ member: Participant) {
        loop.preconditionIsCurrent("ParticipantList.add")
        member.place = UInt32(members.count)
        members.append(member)
    }

    /// The last one takes its place.
    func remove(_ member: Participant) {
        loop.preconditionIsCurrent("ParticipantList.remove")
        let place = Int(member.place)
        members.swapAt(place, members.count - 1)
        members[place].place = UInt32(place)
        members.removeLast()
    }

    /// Looks at some of them, beginning with those that came last: who is moved meanwhile is moved towards the front, so that
    /// of all who stay none is missed between two looks. One may be seen twice.
    ///
    /// - Parameters:
    ///   - end: what the look before has given; nil for the first one.
    ///   - body: may end the connection of the member, but not at once.
    /// - Returns: where the next look begins; 0 after the last one.
    func look(before end: Int?, atMost count: Int, _ body: (Participant) -> Void) -> Int {
        loop.preconditionIsCurrent("ParticipantList.look")
        let end = min(end ?? members.count, members.count)
        let start = max(end - count, 0)
        // A copy: somebody may leave meanwhile.
        for member in members[start..<end] { body(member) }
        return start
    }
}
