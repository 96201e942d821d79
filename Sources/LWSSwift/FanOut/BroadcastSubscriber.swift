/// Whoever can become a member of a ``BroadcastGroup``: a WebSocket connection or an event stream, in whatever way it is held.
///
/// Conformances are the library's own.
public protocol BroadcastSubscribing {
    /// The same, to be carried anywhere.
    var subscriber: BroadcastSubscriber { get }
}

/// A WebSocket connection or an event stream, to be carried anywhere.
///
/// It is a reference: copies are the same subscriber.
public struct BroadcastSubscriber: Sendable, Identifiable {
    let core: Subscriber

    init(core: Subscriber) {
        self.core = core
    }

    /// A number that is unique in the process, counted from 1.
    public var id: UInt64 { core.id }
    /// The loop it lives on.
    public var loop: ServiceLoop { core.loop }
    /// The WebSocket connection; nil for an event stream.
    public var webSocket: WebSocketConnection? {
        (core as? ConnectionCore).map(WebSocketConnection.init)
    }
    /// The event stream; nil for a WebSocket connection. What it is used for is done on its loop.
    public var eventStream: EventStreamConnection? {
        (core as? EventStreamCore).map(EventStreamConnection.init)
    }
}

extension BroadcastSubscriber: Hashable {
    public static func == (left: BroadcastSubscriber, right: BroadcastSubscriber) -> Bool {
        left.core === right.core
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
    }
}

extension BroadcastSubscriber: BroadcastSubscribing {
    public var subscriber: BroadcastSubscriber { self }
}

extension WebSocketConnection: BroadcastSubscribing {
    public var subscriber: BroadcastSubscriber { BroadcastSubscriber(core: core) }
}

extension LoopConnection: BroadcastSubscribing {
    /// The connection as a member of groups, to be carried anywhere.
    public var subscriber: BroadcastSubscriber { BroadcastSubscriber(core: core) }
}

extension EventStreamConnection: BroadcastSubscribing {
    /// The stream, to be carried anywhere.
    public var subscriber: BroadcastSubscriber { BroadcastSubscriber(core: core) }
}
