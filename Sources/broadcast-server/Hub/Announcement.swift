import LWSSwift

/// Who came, left, or has another name: for those who speak JSON.
extension ServerObject: BroadcastContent {
    func form(_ format: Int, number: UInt64) -> BroadcastForm? {
        format == MemberForm.json.rawValue ? BroadcastForm(ChatProtocol.encode(self)) : nil
    }

    /// It has no payload yet.
    var byteCount: Int { 0 }
}
