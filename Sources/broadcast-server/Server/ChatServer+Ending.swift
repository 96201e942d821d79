import LWSSwift

/// How a server ends: at once, by sending its clients away, or with another process that takes its place.
extension ChatServer {
    /// How long peers have to answer the close frame when somebody waits for this server's place.
    private static let haste = Duration.seconds(1)

    /// Ends, and returns when all connections have ended or were cut.
    ///
    /// - Parameters:
    ///   - plan: how to send away those who are here; nil to close every connection with 1001 at once. When the task is
    ///     cancelled nobody is kept any longer.
    ///   - leavesSockets: whether somebody else has copies of the listening sockets and goes on with them.
    /// - Returns: how many connections were sent away.
    @discardableResult
    func shutdown(_ plan: DrainPlan? = nil, leavesSockets: Bool = false) async -> Int {
        var count = 0
        if plan != nil || leavesSockets {
            service.health.beginLeaving()
            if let delay = plan?.delay { try? await Task.sleep(for: delay) }
            await server.stopListening(leavingSockets: leavesSockets)
        }
        if let plan {
            count = await Drain(server: server, service: service, plan: plan).run()
        } else {
            await service.stop()
        }
        if leavesSockets { await admin?.stopListening(leavingSockets: true, patience: .zero) }
        await admin?.shutdown()
        await server.shutdown(deadline: plan?.sequel == .successor ? Self.haste : nil)
        replication?.close()
        service.access.end()
        service.end()
        await Self.shutdown(loops)
        // The last turns of the loops had something for it still.
        await store?.close()
        return count
    }

    /// How many are here.
    var connectionCount: Int { server.connectionCount }

    /// Copies of the listening sockets, for another process or the next server of this one.
    func copySockets() async throws(Failure) -> ListeningSockets {
        var sockets = ListeningSockets()
        do throws(WebSocketError) {
            sockets.clients = try await server.copyListeningSockets()
            if let admin { sockets.admin = try await admin.copyListeningSockets() }
            return sockets
        } catch {
            sockets.close()
            throw Failure(.systemError, EscapedText.escape(error.message))
        }
    }
}
