import LWSSwift

/// How members get other names.
extension Channel {
    /// What became of a wish for another name.
    struct NameChange: Sendable {
        let renaming: Renaming
        /// Whether all members are told, the one that it is about, too. Otherwise that is told alone.
        let isAnnounced: Bool
    }

    /// Gives a member another name, or none.
    ///
    /// - Parameter answer: called on the connection's loop behind what all are told: how the member is called now, or the
    ///   problem with the name; nil for one whose place another connection has taken.
    func rename(
        _ seat: Seat,
        link number: UInt64,
        to name: MemberName?,
        over connection: BroadcastSubscriber,
        _ answer: @escaping @Sendable (Result<NameChange, Problem>?) -> Void
    ) {
        group.atHome { [self] in
            if replica != nil { return submitName(name, of: seat, link: number, .renaming(connection, answer)) }
            let link = MemberLink(id: LinkID(node: .alone, number: number), connection: nil)
            let result = rename(seat, to: name, over: link, now: .now)
            group.inOrder(on: connection.loop) { answer(result) }
        }
    }

    /// - Parameter now: nil where it was looked at before how often the member has done so.
    func rename(
        _ seat: Seat,
        to name: MemberName?,
        over link: MemberLink,
        now: ContinuousClock.Instant?
    ) -> Result<NameChange, Problem>? {
        do throws(Problem) {
            let change = try state.rename(seat, to: name, over: link, now: now)
            announce(change?.notice)
            if change != nil { store(seat.session) }
            return change.map { .success(NameChange(renaming: $0.renaming, isAnnounced: $0.notice != nil)) }
        } catch {
            return .failure(error)
        }
    }
}
