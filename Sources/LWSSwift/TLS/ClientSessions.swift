internal import CLibWebSockets

/// The sessions that a client may resume, one a server: the latest of at most 64 servers. May be used on any thread.
final class ClientSessions: Sendable {
    private static let maximumCount = 64

    private let entries = Lock<[(server: String, session: ClientSession)]>([])

    /// Remembers a session, in the place of an earlier one with the same server.
    func store(_ session: ClientSession, for server: String) {
        entries.withLock { entries in
            entries.removeAll { $0.server == server }
            if entries.count == Self.maximumCount { entries.removeFirst() }
            entries.append((server, session))
        }
    }

    /// The session to try to resume. One of TLS 1.3 is used once, so that nobody can link two connections by it
    /// (RFC 8446 appendix C.4); the server sends another.
    func take(for server: String) -> ClientSession? {
        entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.server == server }) else { return nil }
            let session = entries[index].session
            guard session.isForOneUse else { return session.copy() }
            entries.remove(at: index)
            return session
        }
    }
}

/// A session of OpenSSL's for one connection, or to copy for each.
@safe
final class ClientSession: Sendable {
    // Not isolated: OpenSSL counts references atomically, and writes to a session only for a connection that has it, of which
    // no two have the same.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Takes over a reference.
    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe SSL_SESSION_free(pointer)
    }

    var isForOneUse: Bool { unsafe SSL_SESSION_get_protocol_version(pointer) >= TLS1_3_VERSION }

    /// nil without memory.
    func copy() -> ClientSession? {
        unsafe SSL_SESSION_dup(pointer).map { unsafe ClientSession(owning: $0) }
    }
}

/// A session that can be resumed has come from a server (SSL_CTX_sess_set_new_cb(3)); 1 takes over the reference.
func newClientSessionCallback(_ session: OpaquePointer?, _ state: OpaquePointer?) -> Int32 {
    guard let session = unsafe session, let state = unsafe state, unsafe SSL_SESSION_is_resumable(state) == 1,
        let sessions = unsafe TLSContext.owner(of: session)?.sessions,
        let server = unsafe TLSSession.owner(of: session)?.server
    else { return 0 }
    let established = unsafe ClientSession(owning: state)
    if established.isForOneUse {
        sessions.store(established, for: server)
    } else if let copy = established.copy() {
        // The connection goes on with its own.
        sessions.store(copy, for: server)
    }
    return 1
}
