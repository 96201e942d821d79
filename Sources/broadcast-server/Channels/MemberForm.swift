/// How a member is spoken to.
enum MemberForm: Int, CaseIterable, Sendable {
    case text
    case json
}
