import LWSSwift
import Logging

/// Sends away those who are connected, by a plan.
struct Drain: Sendable {
    let server: WebSocketServer
    let service: ChatService
    let plan: DrainPlan

    /// How often those are looked for whose slot has come.
    private static let tick = Duration.milliseconds(10)
    /// For so long nothing need be taken of anybody before all have gone.
    private static let moment = Duration.milliseconds(100)

    /// Returns when everybody was told to go, and everything that was taken has been acknowledged before. When the task is
    /// cancelled nobody is kept any longer.
    ///
    /// - Returns: how many there were.
    func run() async -> Int {
        let all = await server.subscribers
        let staying = all.filter { plan.keepsUntilSlot(isTold: $0.isToldOfReturn) }
        // Where all of them go in a moment, nobody is to miss what another one says in it.
        let isBrief = (plan.slots(staying.count).last ?? .zero) <= Self.moment
        if isBrief { await service.stop() }
        await sendAway(staying)
        // From here on nothing is taken, so that nothing comes behind the last acknowledgement.
        if !isBrief { await service.stop() }
        let others = all.filter { !plan.keepsUntilSlot(isTold: $0.isToldOfReturn) }
        for (subscriber, slot) in zip(others, plan.slots(others.count)) {
            subscriber.sendAway(returning: plan.firstReturn + slot)
        }
        return all.count
    }

    /// Each in its slot.
    private func sendAway(_ subscribers: [BroadcastSubscriber]) async {
        let start = ContinuousClock.now
        let slots = plan.slots(subscribers.count)
        for (subscriber, slot) in zip(subscribers, slots) { subscriber.tell(Closing(after: slot)) }
        var next = 0
        while next < subscribers.count {
            while next < subscribers.count, Task.isCancelled || start + slots[next] <= .now {
                subscribers[next].sendAway()
                next += 1
            }
            if next < subscribers.count { try? await Task.sleep(for: Self.tick) }
        }
    }
}

extension BroadcastSubscriber {
    /// Whether it can be told when to come back: by an object, or as a time for which a stream's client waits.
    fileprivate var isToldOfReturn: Bool { webSocket.map { $0.speaksObjects } ?? true }

    /// Tells a client of objects, at its place among what it is sent.
    fileprivate func tell(_ closing: Closing) {
        guard let webSocket, webSocket.speaksObjects else { return }
        loop.execute { webSocket.onLoop.tell(closing) }
    }

    /// Ends it behind what it was sent.
    ///
    /// - Parameter time: when it is to come back, if it can be told; nil for at once.
    fileprivate func sendAway(returning time: Duration? = nil) {
        loop.execute { [self] in
            if let webSocket {
                if let time, webSocket.speaksObjects { webSocket.onLoop.tell(Closing(after: time)) }
                webSocket.onLoop.close(code: .serviceRestart, reason: "The server goes: connect again.")
            } else if let eventStream {
                if let time { eventStream.trySend(retry: time) }
                eventStream.close()
            }
        }
    }
}

extension WebSocketConnection {
    fileprivate var speaksObjects: Bool { handshake.subprotocol == ChatProtocol.subprotocol }
}

extension LoopConnection {
    /// One that does not take even this comes back when it likes.
    fileprivate func tell(_ closing: Closing) {
        _ = trySend(ChatProtocol.encode(ServerObject.closing(closing)))
    }
}
