/// What goes around a message that a ``BroadcastGroup`` sends, or in its place, for members that speak different languages.
///
/// ```swift
/// let ann = BroadcastEnvelope([
///     .message(prefix: "ann: "),
///     .other { message, context in .text(#"{"id": "\#(context.position)", "from": "ann"}"#) },
/// ])
/// group.trySend(message, in: ann, from: member)
/// ```
///
/// It is made once for many messages, such as for each author: to send in it costs next to nothing.
public final class BroadcastEnvelope: Sendable {
    /// The form in which the members of one format get a message.
    public final class Form: Sendable {
        fileprivate enum Kind {
            case message
            /// The message with a mark before each of its further lines.
            case marked
            case other
            case nothing
        }

        fileprivate typealias Maker =
            @Sendable (_ message: BorrowedMessage, _ context: BroadcastContext) -> WebSocketMessage

        fileprivate let kind: Kind
        /// What goes before the message, if that is text.
        let prefix: String
        fileprivate let lineMark: String
        private let event: String
        fileprivate let make: Maker?

        private init(
            _ kind: Kind,
            prefix: String = "",
            lineMark: String = "",
            event: String? = nil,
            make: Maker? = nil
        ) {
            precondition(
                event.map { 1...64 ~= $0.utf8.count && !$0.utf8.contains { $0 < 0x20 } } ?? true,
                "The name of an event is one line of 1 to 64 bytes."
            )
            self.kind = kind
            self.prefix = prefix
            self.lineMark = lineMark
            self.event = event ?? ""
            self.make = make
        }

        /// How an event is called that carries a message of this kind: a binary one by itself `binary`, and a text not at all.
        func event(for kind: WebSocketMessage.Kind) -> String {
            event.isEmpty && kind == .binary ? "binary" : event
        }

        /// The message, behind a text such as the name of who said it. The two are put together in the group's log only,
        /// which saves a copy of each message. A binary message is never altered: it goes without the prefix, and to event
        /// streams in base64.
        ///
        /// - Parameters:
        ///   - prefix: goes before the message.
        ///   - lineMark: goes before each further line of a text, so that none can be taken for another message; only texts
        ///     with line breaks are copied for it. A break at the very end begins no line.
        ///   - event: how the event is called in event streams, one line of at most 64 bytes; nil for no name, which browsers
        ///     take for `message`, or `binary` for a message that is.
        public static func message(prefix: String = "", lineMark: String = "", event: String? = nil) -> Form {
            Form(lineMark.isEmpty ? .message : .marked, prefix: prefix, lineMark: lineMark, event: event)
        }

        /// Another message in its place. It is made on the group's first loop, and only if it has members.
        ///
        /// - Parameters:
        ///   - event: how the event is called in event streams, as with ``message(prefix:lineMark:event:)``; `binary` by itself
        ///     if what was sent is.
        ///   - make: makes it of the message that was sent and its place in the order. It may be made once more for
        ///     members that come back, and must come out the same then.
        public static func other(
            event: String? = nil,
            _ make: @escaping @Sendable (_ message: BorrowedMessage, _ context: BroadcastContext) -> WebSocketMessage
        ) -> Form {
            Form(.other, event: event, make: make)
        }

        /// They get nothing.
        public static let nothing = Form(.nothing)
    }

    private let forms: [Form]
    /// Whatever belongs to the messages, such as who the author is, for those who read ``BroadcastRecord``s.
    public let userInfo: (any Sendable)?

    /// - Parameters:
    ///   - forms: one for each of the ``BroadcastGroup/Configuration/formats``.
    ///   - userInfo: whatever belongs to the messages.
    public init(_ forms: [Form], userInfo: (any Sendable)? = nil) {
        self.forms = forms
        self.userInfo = userInfo
    }

    var formatCount: Int { forms.count }

    /// Calls `body` with what members of a format get of a message: the form, which says what goes around it, and the message.
    /// nil when they get nothing.
    @inline(__always)
    func apply<Result>(
        _ format: Int,
        to message: BorrowedMessage,
        in context: BroadcastContext,
        _ body: (_ form: Form, _ message: BorrowedMessage) -> Result
    ) -> Result? {
        // Not counted: the envelope keeps its forms.
        unsafe Unmanaged.passUnretained(forms[format])._withUnsafeGuaranteedRef { form in
            switch form.kind {
            case .message: body(form, message)
            case .marked where message.kind == .text && TextLines.areSeveral(in: message.bytes):
                body(form, Self.marked(message, with: form.lineMark).borrowed)
            case .marked: body(form, message)
            case .other: form.make.map { make in body(form, make(message, context).borrowed) }
            case .nothing: nil
            }
        }
    }
}

extension BroadcastEnvelope {
    private static func marked(_ text: BorrowedMessage, with mark: String) -> WebSocketMessage {
        WebSocketMessage(uncheckedKind: .text, bytes: TextLines.marked(text.bytes, with: mark))
    }
}

/// Where a message has its place.
public struct BroadcastContext: Sendable, Hashable {
    /// Its place in the group's order; that of the last publication, for an announcement.
    public let position: BroadcastGroup.Position
    /// When it got that, in milliseconds since 1970-01-01 00:00 UTC.
    public let time: Int64

    init(epoch: UInt64, number: UInt64, time: Int64) {
        position = BroadcastGroup.Position(epoch: epoch, number: number)
        self.time = time
    }
}
