/// What a ``BroadcastGroup`` puts around a message, or in its place, for members that speak different languages.
///
/// ```swift
/// struct Author: BroadcastEnvelope {
///     let name: String
///
///     func form(of message: BorrowedMessage, for format: Int, number: UInt64) -> BroadcastForm {
///         format == 0 ? .message(prefix: "\(name): ") : .message()
///     }
/// }
/// ```
public protocol BroadcastEnvelope: Sendable {
    /// Makes the form in which members of `format` get a message. Called on the group's first loop, once for each format
    /// that has members.
    ///
    /// - Parameters:
    ///   - message: what was sent.
    ///   - format: one of the ``BroadcastGroup/Configuration/formats``, counted from 0.
    ///   - number: the message's place in the group's order, counted from 1.
    func form(of message: BorrowedMessage, for format: Int, number: UInt64) -> BroadcastForm
}

/// The form in which some members of a group get a message.
public struct BroadcastForm: Sendable, Hashable {
    private enum Content: Sendable {
        case message
        case otherText
        case otherBinary
        case nothing
    }

    private let content: Content
    private let prefix: String
    private let other: [UInt8]

    private init(_ content: Content, prefix: String = "", other: [UInt8] = []) {
        self.content = content
        self.prefix = prefix
        self.other = other
    }

    /// The message, behind a text such as the name of who said it. The two are put together in the group's log only, which
    /// saves a copy of each message. A binary message is never altered: it goes without the prefix.
    public static func message(prefix: String = "") -> BroadcastForm {
        BroadcastForm(.message, prefix: prefix)
    }

    /// Another message in its place.
    public static func other(_ message: WebSocketMessage) -> BroadcastForm {
        BroadcastForm(message.kind == .text ? .otherText : .otherBinary, other: message.bytes)
    }

    /// They get nothing.
    public static var nothing: BroadcastForm { BroadcastForm(.nothing) }

    /// Calls `body` with what members get of a message: the text before it, unless it is binary, and the message. nil when
    /// they get nothing.
    @inline(__always)
    func apply<Result>(
        to message: BorrowedMessage,
        _ body: (_ prefix: String, _ message: BorrowedMessage) -> Result
    ) -> Result? {
        switch content {
        case .message: body(prefix, message)
        case .otherText: body("", WebSocketMessage(uncheckedKind: .text, bytes: other).borrowed)
        case .otherBinary: body("", WebSocketMessage(uncheckedKind: .binary, bytes: other).borrowed)
        case .nothing: nil
        }
    }
}

/// Members of every format get a message as it is.
public struct NoEnvelope: BroadcastEnvelope {
    public init() {}

    public func form(of message: BorrowedMessage, for format: Int, number: UInt64) -> BroadcastForm {
        .message()
    }
}
