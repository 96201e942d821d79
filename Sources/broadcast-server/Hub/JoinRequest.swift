internal import FoundationEssentials

/// What a client asks for with the URL it connects to.
struct JoinRequest: Sendable, Equatable {
    var channel: ChannelName
    /// nil for a client that goes by its id.
    var name: MemberName?
    /// nil for a client of plain text: it sends no keys that would have to be remembered.
    var session: SessionID?
    /// Why the name that was asked for is none.
    var problem: Problem?

    init(channel: ChannelName, name: MemberName? = nil, session: SessionID? = nil) {
        self.channel = channel
        self.name = name
        self.session = session
    }
}

extension JoinRequest {
    /// - Parameters:
    ///   - query: of the URL, without the question mark. Parameters of other names are ignored; of several alike the
    ///     first counts.
    ///   - newSession: for a client that has none yet; nil for one of plain text.
    init(channel: ChannelName, query: String, newSession: SessionID?) {
        self.init(channel: channel)
        let parameters = Self.parameters(of: query)
        if let name = parameters["name"], name.contains(where: { $0 != " " }) {
            do throws(Problem) {
                self.name = try MemberName(name)
            } catch {
                problem = error
            }
        }
        session = newSession.map { parameters["session"].flatMap(SessionID.init) ?? $0 }
    }

    /// Names and values in the form of a browser's `URLSearchParams`: percent-encoded, a plus standing for a space.
    private static func parameters(of query: String) -> [String: String] {
        let components = URLComponents(string: "?" + query.replacing("+", with: "%20"))
        let pairs = (components?.queryItems ?? []).map { ($0.name, $0.value ?? "") }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}
