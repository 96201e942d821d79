import LWSSwift

/// A member's place in a channel, which its gateway keeps.
struct Seat: Sendable, Equatable {
    var member: Member
    /// What it is known by when it comes back; nil for one of plain text.
    let session: SessionID?
    /// Names it among the authors of the history; 0 for one without a session.
    let tag: UInt32

    var id: ClientID { member.id }
    var sessionTag: BroadcastGroup.SessionTag? { session.map { _ in BroadcastGroup.SessionTag(UInt64(tag)) } }
}
