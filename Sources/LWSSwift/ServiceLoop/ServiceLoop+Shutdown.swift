internal import Logging

/// The end of a loop in good order: sockets first, then handlers, then jobs.
extension ServiceLoop {
    /// Asks every socket to end; the turns go on until they have, handlers have returned, and no job is left.
    func beginShutdown() {
        guard !isShuttingDown else { return }
        isShuttingDown = true
        for socket in sockets.all { socket.loopShutsDown() }
        for server in servers { server.beginShutdown() }
    }

    /// Whether every socket has ended, and every handler or the time for them.
    var hasNothingToServe: Bool {
        guard sockets.count == (handlerTimer == nil ? 0 : 1) else { return false }
        if handlers.isEmpty || hasGivenUpHandlers {
            handlerTimer?.cancel()
            handlerTimer = nil
            return true
        }
        if handlerTimer == nil { handlerTimer = makeHandlerTimer() }
        return false
    }

    private func makeHandlerTimer() -> LoopTimer {
        LoopTimer(self, milliseconds: configuration.handlerDeadline.milliseconds) { [unowned self] in
            handlerTimer = nil
            hasGivenUpHandlers = true
            logger.warning("the loop ends before some handlers of its connections, which have not returned in time")
        }
    }
}
