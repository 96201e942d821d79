extension Visit {
    /// Has it ask for no more than it may.
    ///
    /// - Returns: what it may do in its channel.
    /// - Throws: when it may not be there.
    mutating func enter(with grant: Grant, _ access: AccessControl) throws(AccessFault) -> ChannelRights {
        let rights = try access.rights(grant, in: request.channel, needing: .subscribe)
        if recall != .nothing, !rights.contains(.history) { recall = .forbidden }
        if !rights.contains(.presence) { form = form.quiet }
        do throws(AccessFault) {
            request.name = try access.name(request.name, of: grant)
        } catch {
            request.name = grant.name
            nameFault = error
            problems.append(error.problem)
        }
        request.owner = SessionOwner(grant)
        if case .returning(let session) = request.identity, !session.belongs(to: request.owner) {
            request.identity = .session
        }
        return rights
    }

    /// - Throws: when it does not get all that it asks for.
    func requireAll(of grant: Grant, _ access: AccessControl) throws(AccessFault) {
        if recall == .forbidden { throw access.missing(.history, to: grant) }
        if let nameFault { throw nameFault }
    }
}
