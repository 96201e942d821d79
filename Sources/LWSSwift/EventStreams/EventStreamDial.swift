internal import HTTPTypes

/// Dials for a stream of events: asks for it, and takes 200 with the media type of one (HTML standard, section 9.2.3).
final class EventStreamDial: DialPurpose {
    private let loop: ServiceLoop
    private let configuration: EventStream.Configuration
    private let lastEventID: String
    private let tell: (Result<EventStreamSocket, WebSocketError>) -> Void

    private var reader: EventReader?

    init(
        _ loop: ServiceLoop,
        _ configuration: EventStream.Configuration,
        lastEventID: String,
        _ tell: @escaping (Result<EventStreamSocket, WebSocketError>) -> Void
    ) {
        self.loop = loop
        self.configuration = configuration
        self.lastEventID = lastEventID
        self.tell = tell
    }

    var settings: DialSettings { configuration.dialSettings }
    var wanted: DialFailure.Wanted { .events }

    func request(to target: ClientURL, _ fields: HTTPFields) -> [UInt8] {
        EventStreamRequest.bytes(to: target, lastEventID: lastEventID, fields)
    }

    func accepts(_ head: ResponseHead) throws(MalformedResponse) -> Bool {
        guard EventReader.isEventStream(head) else { return false }
        let parser = EventParser(maximumEventBytes: configuration.maximumEventBytes, lastEventID: lastEventID)
        reader = try EventReader(head, parser)
        return true
    }

    func take(over socket: DialSocket, of target: ClientURL, early: [UInt8]) {
        guard let reader else { preconditionFailure("A stream of events begins without an answer.") }
        let stream = EventStreamSocket(loop, reader, configuration, host: target.authority)
        socket.handOver(to: stream)
        stream.begin(early: early)
        tell(.success(stream))
    }

    func fail(_ error: WebSocketError) {
        tell(.failure(error))
    }
}
