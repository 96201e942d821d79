internal import CNATS
internal import Glibc

/// The options of a connection, as libnats has them.
@safe
struct NATSOptions: ~Copyable {
    let pointer: OpaquePointer

    /// What libnats calls.
    @safe
    struct Handlers {
        let disconnected: natsConnectionHandler
        let reconnected: natsConnectionHandler
        let closed: natsConnectionHandler
        let trouble: natsErrHandler
    }

    init() throws(NATSFault) {
        var options: OpaquePointer?
        try unsafe NATSFault.check(natsOptions_Create(&options))
        guard let options = unsafe options else { throw NATSFault(NATS_NO_MEMORY) }
        unsafe pointer = options
    }

    deinit {
        unsafe natsOptions_Destroy(pointer)
    }

    func set(_ servers: [String], _ access: NATSAccess, name: String) throws(NATSFault) {
        try setServers(servers)
        try unsafe NATSFault.check(natsOptions_SetName(pointer, name))
        try setTimes()
        try setAccess(access)
    }

    private func setServers(_ servers: [String]) throws(NATSFault) {
        let urls = unsafe servers.map { unsafe strdup($0) }
        defer { unsafe urls.forEach { unsafe free($0) } }
        var constants = unsafe urls.map { unsafe UnsafePointer<CChar>($0) }
        try unsafe NATSFault.check(natsOptions_SetServers(pointer, &constants, Int32(constants.count)))
    }

    private func setTimes() throws(NATSFault) {
        try unsafe NATSFault.check(natsOptions_SetTimeout(pointer, 2_000))
        // A server that stands still is left after three seconds.
        try unsafe NATSFault.check(natsOptions_SetPingInterval(pointer, 1_000))
        try unsafe NATSFault.check(natsOptions_SetMaxPingsOut(pointer, 2))
        try unsafe NATSFault.check(natsOptions_SetMaxReconnect(pointer, -1))
        try unsafe NATSFault.check(natsOptions_SetReconnectWait(pointer, 200))
        try unsafe NATSFault.check(natsOptions_SetReconnectBufSize(pointer, 0))
        // Its flusher would wait for up to a millisecond.
        try unsafe NATSFault.check(natsOptions_SetSendAsap(pointer, true))
    }

    private func setAccess(_ access: NATSAccess) throws(NATSFault) {
        if let file = access.credentialsFile {
            try unsafe NATSFault.check(natsOptions_SetUserCredentialsFromFiles(pointer, file, nil))
        }
        if let token = access.token { try unsafe NATSFault.check(natsOptions_SetToken(pointer, token)) }
        if let user = access.user {
            try unsafe NATSFault.check(natsOptions_SetUserInfo(pointer, user, access.password ?? ""))
        }
        guard access.isEncrypted else { return }
        try unsafe NATSFault.check(natsOptions_SetSecure(pointer, true))
        if let file = access.authorityFile {
            try unsafe NATSFault.check(natsOptions_LoadCATrustedCertificates(pointer, file))
        }
        if let certificate = access.certificateFile, let key = access.keyFile {
            try unsafe NATSFault.check(natsOptions_LoadCertificatesChain(pointer, certificate, key))
        }
    }

    func setHandlers(_ handlers: Handlers, _ closure: UnsafeMutableRawPointer) -> natsStatus {
        let results = unsafe [
            natsOptions_SetDisconnectedCB(pointer, handlers.disconnected, closure),
            natsOptions_SetReconnectedCB(pointer, handlers.reconnected, closure),
            natsOptions_SetClosedCB(pointer, handlers.closed, closure),
            natsOptions_SetErrorHandler(pointer, handlers.trouble, closure),
        ]
        return results.first { $0 != NATS_OK } ?? NATS_OK
    }
}
