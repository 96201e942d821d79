/// What a ``BroadcastGroup`` is to send, before it has the forms in which the members get it.
///
/// A ``WebSocketMessage`` is content that is the same for all. Content of your own makes one form for each format:
///
/// ```swift
/// struct Line: BroadcastContent {
///     let author: String
///     let text: WebSocketMessage
///
///     func form(_ format: Int, number: UInt64) -> BroadcastForm? {
///         format == 0 ? BroadcastForm(text, prefix: "\(author): ") : BroadcastForm(text)
///     }
///
///     var byteCount: Int { text.byteCount }
/// }
/// ```
public protocol BroadcastContent: Sendable {
    /// Makes the form that members of `format` get. Called on the group's first loop, once for each format that has members.
    ///
    /// - Parameters:
    ///   - format: one of the ``BroadcastGroup/Configuration/formats``, counted from 0.
    ///   - number: the content's place in the group's order, counted from 1.
    /// - Returns: nil when they get nothing.
    func form(_ format: Int, number: UInt64) -> BroadcastForm?

    /// Roughly the memory that the content refers to, in bytes: what counts for
    /// ``BroadcastGroup/Configuration/maximumRelayBytes`` until it has its forms.
    var byteCount: Int { get }
}

extension WebSocketMessage: BroadcastContent {
    /// The message itself.
    public func form(_ format: Int, number: UInt64) -> BroadcastForm? { BroadcastForm(self) }

    /// The length of the payload.
    public var byteCount: Int { bytes.count }
}
