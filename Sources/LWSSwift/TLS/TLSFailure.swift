internal import CLibWebSockets

/// Why TLS with a peer failed, as the end of a sentence that a person can act on.
struct TLSFailure: Error, Hashable, CustomStringConvertible {
    let description: String
    /// Whether what the peer sends is something else than TLS.
    let isWithoutTLS: Bool

    init(_ description: String, isWithoutTLS: Bool = false) {
        self.description = description
        self.isWithoutTLS = isWithoutTLS
    }

    /// The failure of the call into OpenSSL that was just made on this thread.
    ///
    /// - Parameter refusal: what was wrong with the peer's certificate, if anything was.
    init(refusal: String?) {
        let code = ERR_peek_error()
        guard code != 0 else {
            self.init("the connection was lost")
            return
        }
        let reason = ERR_GET_REASON(code)
        if ERR_GET_LIB(code) == ERR_LIB_SSL {
            switch reason {
            case SSL_R_CERTIFICATE_VERIFY_FAILED:
                self.init("the peer's certificate is not accepted: \(refusal ?? "OpenSSL gives no reason")")
                return
            case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST:
                self.init("the peer speaks HTTP without TLS", isWithoutTLS: true)
                return
            case SSL_R_WRONG_VERSION_NUMBER, SSL_R_UNKNOWN_PROTOCOL, SSL_R_PACKET_LENGTH_TOO_LONG:
                self.init("what the peer sends is not TLS", isWithoutTLS: true)
                return
            case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
                self.init("the peer shows no certificate, and one is required")
                return
            case SSL_AD_REASON_OFFSET...(SSL_AD_REASON_OFFSET + 255):
                // The peer's alert, by its number (RFC 8446 section 6).
                self.init("the peer refuses, with the alert \"\(Self.alert(reason - SSL_AD_REASON_OFFSET))\"")
                return
            default: break
            }
        }
        self.init(Self.text(code))
    }

    /// The names of RFC 8446, such as "certificate required".
    private static func alert(_ number: Int32) -> String {
        // OpenSSL names this one of 1.3 only in its reasons.
        if number == SSL_AD_CERTIFICATE_REQUIRED { return "certificate required" }
        return unsafe String(cString: SSL_alert_desc_string_long(number))
    }

    /// OpenSSL's words for an error.
    static func text(_ code: UInt) -> String {
        guard let reason = unsafe ERR_reason_error_string(code) else { return "OpenSSL's error \(code)" }
        return unsafe String(cString: reason)
    }

    /// Takes the last error of this thread, the one nearest to the cause, and forgets all.
    static func takeLast() -> String {
        defer { ERR_clear_error() }
        let code = ERR_peek_last_error()
        return code == 0 ? "OpenSSL gives no reason" : text(code)
    }
}

/// OpenSSL's verification has come to a decision about a certificate (SSL_CTX_set_verify(3)): what it refuses is remembered
/// for the failure that follows, because the certificate is gone by then.
func verificationCallback(_ isAccepted: Int32, _ verification: OpaquePointer?) -> Int32 {
    guard isAccepted == 0, let verification = unsafe verification,
        let ssl = unsafe X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()),
        let session = unsafe TLSSession.owner(of: OpaquePointer(ssl))
    else { return isAccepted }
    let number = unsafe X509_STORE_CTX_get_error(verification)
    var text = unsafe String(cString: X509_verify_cert_error_string(Int(number)))
    if let certificate = unsafe X509_STORE_CTX_get_current_cert(verification) {
        let peer = unsafe PeerCertificate(certificate)
        if number == X509_V_ERR_HOSTNAME_MISMATCH || number == X509_V_ERR_IP_ADDRESS_MISMATCH {
            let names = (peer.dnsNames + peer.ipAddresses).prefix(8).joined(separator: ", ")
            text += "; it is for \(names.isEmpty ? peer.subject : names)"
        } else {
            text += " (\(peer.subject), signed by \(peer.issuer))"
        }
    }
    session.refusal = text
    return 0
}
