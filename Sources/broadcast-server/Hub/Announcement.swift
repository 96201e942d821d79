import LWSSwift

/// What only those who speak JSON are told: who came, left, or has another name.
struct Announcement: BroadcastEnvelope {
    func form(of message: BorrowedMessage, for format: Int, number: UInt64) -> BroadcastForm {
        format == MemberForm.json.rawValue ? .message() : .nothing
    }
}
