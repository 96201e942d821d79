/// An accepted socket whose PROXY header has not come yet: with it the socket becomes an ``HTTPServerConnection``.
final class ProxyHeaderSocket: StreamSocket {
    private let server: ServerCore
    private let proxy: ProxyProtocol
    private let address: SocketAddress?
    private var bytes: [UInt8] = []

    init(_ server: ServerCore, _ proxy: ProxyProtocol, from address: SocketAddress?) {
        self.server = server
        self.proxy = proxy
        self.address = address
        super.init(server.loop)
        loop.schedule(self, at: loop.now + server.handshakeTimeout)
    }

    func belongs(to server: ServerCore) -> Bool {
        self.server === server
    }

    override func received(_ bytes: UnsafeMutableRawBufferPointer) {
        unsafe self.bytes.append(contentsOf: bytes)
        do throws(ProxyHeader.Fault) {
            guard let header = try ProxyHeader.read(self.bytes) else { return }
            hand(header)
        } catch {
            refuse(error.reason)
        }
    }

    private func hand(_ header: ProxyHeader) {
        var rest = Array(bytes[header.byteCount...])
        bytes = []
        guard let successor = server.takeOver(self, from: header.source ?? address) else { return end() }
        unsafe rest.withUnsafeMutableBytes { if unsafe !$0.isEmpty { unsafe successor.receive($0) } }
    }

    private func refuse(_ reason: String) {
        bytes = []
        proxy.onRefusal(address, reason)
        end()
    }

    override func socketEnded() {
        server.socketEnded()
    }

    override func loopShutsDown() {
        end()
    }

    override func deadlinePassed(_ now: UInt64) -> UInt64? {
        refuse("no PROXY header in time")
        return nil
    }
}
