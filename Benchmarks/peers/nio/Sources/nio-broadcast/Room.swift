import NIOCore
import NIOWebSocket

/// The members of the one event loop. A message is written to each at once and flushed once a turn, which is the cheapest
/// way that SwiftNIO's WebSocket API offers.
final class Room {
    private var members: [ObjectIdentifier: any Channel] = [:]
    private var isFlushScheduled = false
    private var lastID = 0
    private let eventLoop: any EventLoop

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func join(_ channel: any Channel) -> Int {
        members[ObjectIdentifier(channel)] = channel
        lastID += 1
        return lastID
    }

    func leave(_ channel: any Channel) {
        members[ObjectIdentifier(channel)] = nil
    }

    func broadcast(_ frame: WebSocketFrame, excluding sender: any Channel) {
        eventLoop.assertInEventLoop()
        for channel in members.values where channel !== sender {
            channel.write(frame, promise: nil)
        }
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        let room = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { room.value.flush() }
    }

    private func flush() {
        isFlushScheduled = false
        for channel in members.values { channel.flush() }
    }
}
