/// Who follows a log, once somebody does.
final class LogObserver: Sendable {
    private let handler = Monitor<Handler<SharedLogEvent>?>(nil)

    func set(_ body: @escaping @Sendable (SharedLogEvent) -> Void) {
        handler.update { $0 = Handler(call: body) }
    }

    func tell(_ event: SharedLogEvent) {
        handler.withLock { $0 }?.call(event)
    }
}
