import LWSSwift

/// What is said of the channel itself.
enum Announcement {
    /// For those who speak JSON only: who came, left, or has another name.
    static let envelope = BroadcastEnvelope(MemberForm.allCases.map { $0 == .json ? .message() : .nothing })
}
