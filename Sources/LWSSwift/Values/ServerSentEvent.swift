/// An event that a server has sent, as the HTML standard has it (section 9.2, server-sent events).
public struct ServerSentEvent: Sendable, Hashable {
    /// The id that was told last, with this event or before it: what a client that comes back shows as `Last-Event-ID`.
    /// Empty when there is none.
    public var id: String
    /// What kind of event it is; `message` when the server does not say.
    public var event: String
    /// Its content, with a line feed between each two `data` lines.
    public var data: String

    public init(id: String = "", event: String = "message", data: String) {
        self.id = id
        self.event = event
        self.data = data
    }
}
