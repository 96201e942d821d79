import LWSSwift

/// Sees to it that a member with a token is one only as long as the token holds. On the loop of the member's connection.
final class GrantWatch: @unchecked Sendable {
    // Reason for the unchecked conformance: what changes is confined to the loop, which every call checks.
    private let access: AccessControl
    private let loop: ServiceLoop
    private weak var member: Participant?
    private var timer: DelayedCall?
    /// The time that the member was warned of.
    private var warned: NumericDate?

    /// How long before its token expires a member is told.
    static let warning = Duration.seconds(60)

    init(_ member: Participant, _ access: AccessControl) {
        self.access = access
        self.member = member
        loop = member.membership.subscriber.loop
    }

    /// Looks at once: what has changed since the token was shown holds for it.
    func begin() {
        access.add(self)
        review()
    }

    /// The member has gone.
    func end() {
        loop.preconditionIsCurrent("GrantWatch.end")
        timer?.cancel()
        timer = nil
        member = nil
        access.remove(self)
    }

    /// Looks again whether the token holds. On any thread.
    func reviewSoon() {
        loop.execute { [weak self] in self?.review() }
    }

    private func review() {
        loop.preconditionIsCurrent("GrantWatch.review")
        guard let member, let known = member.principal.grant else { return }
        do throws(TokenFault) {
            let grant = try access.doorkeeper.renewed(known)
            member.take(grant)
            setTimer(grant)
        } catch {
            member.dismiss(.token(error))
        }
    }

    /// The member shows another token, which is to be its own: it has taken that already.
    func renew() {
        loop.preconditionIsCurrent("GrantWatch.renew")
        warned = nil
        review()
    }

    private func setTimer(_ grant: Grant) {
        timer?.cancel()
        timer = nil
        guard let member, let expiry = grant.expiry else { return }
        let now = access.doorkeeper.now
        let warningTime = expiry - Self.warning
        if warned != expiry, warningTime <= now {
            warned = expiry
            member.tell(.expiring(Expiring(at: expiry.milliseconds)))
        }
        let next = warned == expiry ? expiry + access.doorkeeper.leeway : warningTime
        // A wait may be longer than what a timer takes; what is due is looked at in any case.
        let delay = min(max(next - now, .milliseconds(10)), .seconds(3_600))
        timer = loop.call(after: delay) { [weak self] in self?.review() }
    }
}
