import LWSSwift

extension ChatService {
    /// Who sends a request, and what that one may do in a channel.
    ///
    /// - Throws: the answer to one that may not do what it needs, which is in the log then.
    func admit(
        _ request: HTTPServerRequest,
        to channel: ChannelName,
        needing needed: ChannelRights
    ) async throws(ProblemDetails) -> (grant: Grant, rights: ChannelRights) {
        do throws(AccessFault) {
            let grant = try await access.grant(PresentedToken(request, cookieName: access.cookieName))
            return (grant, try access.rights(grant, in: channel, needing: needed))
        } catch {
            refusals.log(request.remoteAddress) {
                let address = request.remoteAddress.map { " of \($0)" } ?? ""
                return
                    "Refused a request\(address) to \(needed.words.joined(separator: " and ")) in \(channel): \(error)"
            }
            throw ProblemDetails(error)
        }
    }
}
