import HTTPTypes

/// What an opening handshake comes to: where the client goes, under which name, and how it is spoken to.
enum Admission: Equatable {
    case accepted(JoinRequest)
    case refused(HTTPResponse.Status, explanation: String)

    /// - Parameters:
    ///   - path: of the URL, as sent; it names the channel.
    ///   - query: of the URL, as sent.
    ///   - subprotocols: those the client offers.
    init(path: String, query: String, subprotocols: [String]) {
        guard let channel = ChannelName(path: path) else {
            self = .refused(.notFound, explanation: ChannelName.rule)
            return
        }
        let speaksJSON = subprotocols.contains(ChatProtocol.subprotocol)
        let request = JoinRequest(channel: channel, query: query, newSession: speaksJSON ? .random() : nil)
        // A client of plain text could not be told later.
        if let problem = request.problem, !speaksJSON {
            self = .refused(.badRequest, explanation: problem.message)
        } else {
            self = .accepted(request)
        }
    }
}
