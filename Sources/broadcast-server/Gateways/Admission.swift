import HTTPTypes
import LWSSwift

/// What an opening handshake comes to.
enum Admission: Equatable {
    case accepted(Visit)
    case refused(HTTPResponse.Status, explanation: String)

    /// - Parameters:
    ///   - path: of the URL, as sent; it names the channel.
    ///   - query: of the URL, as sent.
    ///   - subprotocols: those the client offers.
    init(path: String, query: String, subprotocols: [String]) {
        guard RequestTarget.isReadable(path: path, query: query) else {
            self = .refused(.badRequest, explanation: RequestTarget.rule)
            return
        }
        guard let channel = ChannelName(path: path) else {
            self = .refused(.notFound, explanation: ChannelName.rule)
            return
        }
        let form: MemberForm = subprotocols.contains(ChatProtocol.subprotocol) ? .json : .text
        var identity = JoinRequest.Identity.none
        if form == .json {
            let offered = subprotocols.last { $0.hasPrefix(ChatProtocol.sessionPrefix) }
            let session = offered.flatMap { SessionID(String($0.dropFirst(ChatProtocol.sessionPrefix.count))) }
            identity = session.map(JoinRequest.Identity.returning) ?? .session
        }
        let visit = Visit(JoinRequest(channel: channel, identity: identity), form: form, query: query)
        // A client of plain text could not be told later.
        if form == .text, let problem = visit.problems.first {
            self = .refused(.badRequest, explanation: problem.message)
        } else {
            self = .accepted(visit)
        }
    }
}
