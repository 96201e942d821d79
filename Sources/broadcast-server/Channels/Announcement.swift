import LWSSwift

/// What is said of the channel itself: who came, left, or has another name, how far the channel has come, and whether its
/// cluster is there.
enum Announcement {
    private static let envelopes = Dictionary(
        uniqueKeysWithValues: ["joined", "left", "renamed", "members", "position", "status"].map {
            ($0, makeEnvelope($0))
        }
    )

    /// For those who speak JSON, and for all event streams, which call it by the type of the object.
    static func envelope(of object: ServerObject) -> BroadcastEnvelope {
        guard let envelope = envelopes[object.type] else {
            preconditionFailure("Nobody tells all members of a \(object.type).")
        }
        return envelope
    }

    private static func makeEnvelope(_ type: String) -> BroadcastEnvelope {
        let isOfMembers = type != "position" && type != "status"
        return BroadcastEnvelope(
            MemberForm.allCases.map { form in
                guard form != .text, !(isOfMembers && form.isQuiet) else { return .nothing }
                guard form.isEvents else { return .message() }
                // They see everything that the position moves by.
                return type == "position" ? .nothing : .message(event: type)
            }
        )
    }
}
