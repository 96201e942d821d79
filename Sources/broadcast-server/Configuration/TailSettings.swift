import HTTPTypes
import LWSSwift

/// What `tail` is told about where the events are, and when to end.
struct TailSettings: Sendable {
    let url: ChannelURL
    var stream = EventStream.Configuration()
    /// Where the token is from that is shown; nil for none.
    let token: TokenSource?
    /// Whether objects are asked for, and printed.
    let isJSON: Bool
    /// After how many messages to end; nil for never.
    let count: Int?
    /// How long the whole may take; nil for ever.
    let timeout: Duration?
    private let name: String?
    private let beginning: Place.Beginning

    /// The server sends a comment every 15 seconds.
    static let defaultSilence = Duration.seconds(60)

    init(url: ChannelURL, json: Bool, silence: Duration?, listening: ListeningFlags, endpoint: EndpointFlags) {
        self.url = url
        isJSON = json
        count = listening.count
        timeout = endpoint.timeout?.duration
        name = endpoint.name
        beginning = listening.beginning
        token = endpoint.token
        if case .after(let position) = beginning { stream.lastEventID = position.rawValue }
        stream.headerFields = HTTPFields(endpoint.header)
        if let origin = endpoint.origin { stream.headerFields[.origin] = origin }
        stream.proxy = endpoint.route ?? stream.proxy
        stream.connectTimeout = endpoint.connectTimeout?.duration ?? stream.connectTimeout
        stream.answerTimeout = endpoint.connectTimeout?.duration ?? stream.answerTimeout
        stream.tls = endpoint.tls.configuration
        stream.maximumEventBytes = endpoint.maxMessage?.bytes ?? Defaults.maximumReceivedBytes
        let silence = silence ?? Self.defaultSilence
        stream.silenceTimeout = silence == .zero ? nil : silence
        stream.reconnects = !endpoint.noReconnect
        // What a proxy answers while the server behind it restarts.
        stream.retriedStatuses = Reconnection.passingStatuses
    }

    /// Where the events are, with what is asked for.
    var target: ChannelURL {
        var parameters: [(name: String, value: String)] = []
        if let name { parameters.append((name: "name", value: name)) }
        if case .last(let count) = beginning { parameters.append((name: "last", value: "\(count)")) }
        if isJSON { parameters.append((name: "form", value: "json")) }
        return url.adding(parameters)
    }
}
