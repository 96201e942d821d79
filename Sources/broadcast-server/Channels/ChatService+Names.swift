import LWSSwift
import Logging

/// How members are called, and who is there.
extension ChatService {
    /// Gives a member another name; an empty text takes it away.
    ///
    /// - Parameter answer: called on the member's loop behind what all are told, perhaps at once, with how the member is
    ///   called now; nil for one whose place another connection has taken.
    func rename(
        _ participant: Participant,
        to text: String,
        _ answer: @escaping @Sendable (Result<Channel.NameChange, Problem>?) -> Void
    ) throws(Problem) {
        var name = text.contains { $0 != " " } ? try MemberName(text) : nil
        do throws(AccessFault) {
            name = try access.name(name, of: participant.principal.grant ?? access.anonymousGrant)
        } catch {
            throw error.problem
        }
        let connection = participant.membership.subscriber
        participant.channel.rename(participant.seat, link: participant.link, to: name, over: connection) {
            [logger] result in
            if case .success(let change)? = result {
                let member = change.renaming.member
                logger.event(
                    .info,
                    .named,
                    ["client": .stringConvertible(member.id.number), "name": .string(member.name)],
                    "Client \(member.id) is called \(member.name)."
                )
            }
            answer(result)
        }
    }

    /// Says who is in the channel.
    ///
    /// - Parameter answer: called on the member's loop, at its place in the order, perhaps at once.
    func presence(for participant: Participant, _ answer: @escaping @Sendable (Attendance) -> Void) {
        participant.channel.attendance(on: participant.membership.subscriber.loop, answer)
    }
}
