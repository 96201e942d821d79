import Testing

@testable import broadcast_server

/// What a start makes of the words of libnats.
@Suite struct NATSFaultTests {
    /// As libnats numbers what it says: an error of the protocol, of the socket, a connection that has ended, and of TLS.
    private static let (protocolError, socketError, closed, tls): (UInt32, UInt32, UInt32, UInt32) = (2, 3, 5, 29)

    @Test(arguments: [
        (socketError, "SSL_read error: tlsv13 alert certificate required"),
        (tls, "SSL handshake error: sslv3 alert bad certificate"),
        (tls, "SSL handshake error: ssl/tls alert certificate unknown"),
        (socketError, "SSL_read error: tlsv1 alert unknown ca"),
    ])
    func `an alert of TLS about the certificate lasts`(status: UInt32, text: String) {
        let fault = NATSFault(status: status, code: 0, description: text)
        #expect(fault.refusesCertificate && !fault.isTemporary)
    }

    @Test(arguments: [
        (tls, "SSL handshake error: 20:unable to get local issuer certificate"),
        (tls, "SSL handshake error: tlsv1 alert protocol version"),
        (protocolError, "Expected 'PONG', got ''"),
    ])
    func `what else goes wrong with TLS is not about the certificate`(status: UInt32, text: String) {
        #expect(!NATSFault(status: status, code: 0, description: text).refusesCertificate)
    }

    @Test(arguments: [
        (protocolError, "Protocol Error: (conn.c:1911): Expected 'PONG', got ''", true),
        (closed, "Connection Closed", true), (protocolError, "Expected 'PONG', got '+OK'", false),
        (socketError, "recv error: 104", false),
    ])
    func `an end without a word is told from other faults, and may pass`(status: UInt32, text: String, isSilent: Bool) {
        let fault = NATSFault(status: status, code: 0, description: text)
        #expect(fault.saysNothing == isSilent && fault.isTemporary)
    }
}
