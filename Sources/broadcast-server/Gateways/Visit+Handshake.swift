import HTTPTypes
import LWSSwift

extension Visit {
    /// What the handshake of a WebSocket asks for.
    ///
    /// - Parameters:
    ///   - path: of the URL, as sent; it names the channel.
    ///   - query: of the URL, as sent.
    ///   - subprotocols: those the client offers.
    /// - Throws: why it cannot be meant.
    init(path: String, query: String, subprotocols: [String]) throws(ProblemDetails) {
        guard RequestTarget.isReadable(path: path, query: query) else { throw .unreadable }
        guard let channel = ChannelName(path: path) else { throw .noChannel }
        let form: MemberForm = subprotocols.contains(ChatProtocol.subprotocol) ? .json : .text
        var identity = JoinRequest.Identity.none
        if form == .json {
            let offered = subprotocols.last { $0.hasPrefix(ChatProtocol.sessionPrefix) }
            let session = offered.flatMap { SessionID(String($0.dropFirst(ChatProtocol.sessionPrefix.count))) }
            identity = session.map(JoinRequest.Identity.returning) ?? .session
        }
        self.init(JoinRequest(channel: channel, identity: identity), form: form, query: query)
        // A client of plain text could not be told later.
        if form == .text, let problem = problems.first { throw ProblemDetails(problem) }
    }
}
