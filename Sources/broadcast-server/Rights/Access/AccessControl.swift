import Glibc
import LWSSwift

/// Who may do what on this server: asked by the gateways whenever somebody comes. May be used on any thread.
///
/// Whoever has a token is watched as long as it is connected (``GrantWatch``), so that what is changed or revoked holds for
/// those who are here, too.
final class AccessControl: Sendable {
    let doorkeeper: Doorkeeper
    /// The cookie that may have a token; nil for none.
    let cookieName: String?
    /// Where what is revoked while the server runs is written down; nil for nowhere.
    private let revocationFile: Monitor<RevocationFile?>
    let standing: StandingRevocations
    private let watches = Monitor<[ObjectIdentifier: WeakWatch]>([:])

    /// A weak reference, which is no value that could be sent otherwise.
    private struct WeakWatch: Sendable {
        weak let watch: GrantWatch?
    }

    /// - Parameter standing: what was revoked before, and holds here, too.
    init(
        _ policy: AccessPolicy = AccessPolicy(),
        cookieName: String? = nil,
        revocationFile: RevocationFile? = nil,
        standing: StandingRevocations = StandingRevocations()
    ) {
        doorkeeper = Doorkeeper(policy)
        self.cookieName = cookieName
        self.revocationFile = Monitor(revocationFile)
        self.standing = standing
        doorkeeper.revoke(standing.all)
    }

    // MARK: Asking

    /// What everybody may.
    var anonymousGrant: Grant { doorkeeper.anonymousGrant }

    /// What is granted for what somebody shows, if that needs no signature to be verified; nil when it does. On any loop.
    func known(_ presented: PresentedToken) -> Result<Grant, AccessFault>? {
        // What is shown to a server without tokens is for somebody before it.
        guard presented != .none, doorkeeper.takesTokens else { return .success(anonymousGrant) }
        return switch presented {
        case .none: .success(anonymousGrant)
        case .malformed: .failure(.malformed)
        case .token(let token): doorkeeper.known(token)?.mapError(AccessFault.token)
        }
    }

    /// What is granted for what somebody shows. Suspends while a signature is verified.
    func grant(_ presented: PresentedToken) async throws(AccessFault) -> Grant {
        if let known = known(presented) { return try known.get() }
        guard case .token(let token) = presented else { preconditionFailure("Only a signature takes its time.") }
        do throws(TokenFault) {
            return try await doorkeeper.grant(token)
        } catch {
            throw .token(error)
        }
    }

    /// What somebody may do in a channel.
    ///
    /// - Parameter needed: what it has to be allowed.
    /// - Throws: ``AccessFault/noToken`` where a token might help, otherwise ``AccessFault/forbidden(_:)``.
    func rights(
        _ grant: Grant,
        in channel: ChannelName,
        needing needed: ChannelRights
    ) throws(AccessFault) -> ChannelRights {
        let rights = grant.rights(in: channel)
        guard rights.isSuperset(of: needed) else { throw missing(needed.subtracting(rights), to: grant) }
        return rights
    }

    /// Why somebody may not do what it has no right to.
    func missing(_ rights: ChannelRights, to grant: Grant) -> AccessFault {
        grant.source == .nothing && doorkeeper.takesTokens ? .noToken : .forbidden(rights)
    }

    /// What somebody is called who asks for a name, or for none.
    ///
    /// - Throws: when the name is another one's, or the token says otherwise.
    func name(_ name: MemberName?, of grant: Grant) throws(AccessFault) -> MemberName? {
        if let fixed = grant.name {
            guard name.map({ NameRegister.areAlike($0.text, fixed.text) }) ?? true else { throw .nameIsFixed }
            return fixed
        }
        if let name, doorkeeper.isReserved(name) { throw .nameTaken }
        return name
    }

    // MARK: What changes

    /// Has another policy hold from now on, for those who are here with a token, too. What was revoked here stays revoked.
    ///
    /// - Parameter written: what was written down before the files of the policy were read, so that they decide.
    func replace(
        _ policy: AccessPolicy,
        revocationFile file: RevocationFile?,
        forgetting written: [StandingRevocations.Written] = []
    ) {
        standing.forget(written)
        revocationFile.withLock { $0 = file }
        var policy = policy
        policy.revocations.add(standing.all)
        doorkeeper.replace(policy)
        // Once more: what was revoked since is found here, or comes to the new policy by itself.
        doorkeeper.revoke(standing.all)
        reviewAll()
    }

    /// What has become of a wish to revoke something.
    enum Revocation: Sendable, Equatable {
        /// It holds as long as the process runs.
        case inMemory
        /// It is written down, too.
        case inFile(String)
        /// It holds, but could not be written down.
        case notWritten(String, SystemError)
        /// There are too many already.
        case noRoom
    }

    /// Has a token or a subject be refused from now on; whoever is here by it has to go at once.
    func revoke(_ entry: Revocations.Entry) async -> Revocation {
        guard standing.insert(entry) else { return .noRoom }
        let fits = doorkeeper.revoke([entry])
        reviewAll()
        guard let file = revocationFile.withLock({ $0 }) else { return .inMemory }
        // With more than it may have, it could not be read any more.
        guard fits else { return .notWritten(file.path, SystemError(EFBIG)) }
        let result = try? await BackgroundThread.run { () throws(Failure) in
            Result { () throws(SystemError) in try file.append(entry) }
        }
        switch result {
        case .success?:
            standing.wasWritten(entry)
            return .inFile(file.path)
        case .failure(let error)?: return .notWritten(file.path, error)
        case nil: return .notWritten(file.path, SystemError(EAGAIN))
        }
    }

    private func reviewAll() {
        for watch in watches.withLock({ $0.values.compactMap(\.watch) }) { watch.reviewSoon() }
    }

    func add(_ watch: GrantWatch) {
        watches.withLock { $0[ObjectIdentifier(watch)] = WeakWatch(watch: watch) }
    }

    func remove(_ watch: GrantWatch) {
        watches.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(watch)) }
    }

    /// Verifies nothing more.
    func end() {
        doorkeeper.end()
    }
}
