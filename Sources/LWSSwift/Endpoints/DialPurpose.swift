internal import HTTPTypes

/// What is dialed for: what to ask the server once the transport stands, which answer is the right one, and what becomes of
/// the socket then. Confined to the loop's thread.
protocol DialPurpose: AnyObject {
    var settings: DialSettings { get }
    /// How to speak of it to people.
    var wanted: DialFailure.Wanted { get }

    /// The request, as it goes over the wire.
    ///
    /// - Parameter fields: what is left of the user's fields after redirects.
    func request(to target: ClientURL, _ fields: HTTPFields) -> [UInt8]

    /// Whether the answer is the right one; any other is a redirect or a refusal.
    ///
    /// - Throws: what is wrong with one that would be.
    func accepts(_ head: ResponseHead) throws(MalformedResponse) -> Bool

    /// Takes the socket over, with what came behind the answer's head, and tells whoever waits.
    func take(over socket: DialSocket, of target: ClientURL, early: [UInt8])

    /// Tells that there is nothing to take over.
    func fail(_ error: WebSocketError)
}

/// How to dial, whatever for.
struct DialSettings {
    var headerFields: HTTPFields
    var proxy: WebSocketClient.Proxy
    var maximumRedirects: Int
    var connectTimeout: Duration
    /// From the established transport to the server's answer.
    var answerTimeout: Duration
    var tls: TLSClientConfiguration

    func validate() throws(WebSocketError) {
        try SettingRules.requirePositive(connectTimeout, "connectTimeout")
        if case .url(let url) = proxy { _ = try ProxyRoute(url) }
        try SettingRules.require(0...20 ~= maximumRedirects, "maximumRedirects must be between 0 and 20.")
    }
}
