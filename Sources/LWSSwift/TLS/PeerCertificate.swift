internal import CLibWebSockets
internal import Glibc

/// The certificate a peer has shown, after it was verified as the configuration demands.
public struct PeerCertificate: Sendable, Hashable {
    /// Who it is for, as RFC 2253 writes it: `CN=sensor-7,O=Example`.
    public let subject: String
    /// Who signed it, written the same way.
    public let issuer: String
    /// The host names among its subject alternative names (RFC 5280 section 4.2.1.6).
    public let dnsNames: [String]
    /// The addresses among them, as text.
    public let ipAddresses: [String]
    /// The mail addresses among them.
    public let emailAddresses: [String]
    /// The URIs among them, such as a SPIFFE ID.
    public let uris: [String]
    /// When it begins to be valid, in seconds since 1970-01-01 00:00 UTC.
    public let notBefore: Int64
    /// The last second at which it is valid, since 1970-01-01 00:00 UTC.
    public let notAfter: Int64
    /// The certificate itself, in DER form.
    public let derBytes: [UInt8]
    /// The SHA-256 digest of ``derBytes``: 32 bytes.
    public let sha256: [UInt8]

    /// ``sha256`` in lower-case hexadecimal digits.
    public var fingerprint: String {
        var text = ""
        for byte in sha256 {
            if byte < 16 { text += "0" }
            text += String(byte, radix: 16)
        }
        return text
    }

    /// Reads a certificate in DER form; nil when it is none.
    init?(derBytes: [UInt8]) {
        let certificate = unsafe derBytes.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            return unsafe d2i_X509(nil, &position, bytes.count)
        }
        guard let certificate = unsafe certificate else {
            ERR_clear_error()
            return nil
        }
        unsafe self.init(certificate)
        unsafe X509_free(certificate)
    }

    /// Reads a certificate of OpenSSL's, which stays the caller's.
    init(_ certificate: OpaquePointer) {
        unsafe subject = Self.text(X509_get_subject_name(certificate))
        unsafe issuer = Self.text(X509_get_issuer_name(certificate))
        unsafe notBefore = Self.seconds(X509_get0_notBefore(certificate))
        unsafe notAfter = Self.seconds(X509_get0_notAfter(certificate))
        unsafe derBytes = Self.derBytes(of: certificate)
        sha256 = SHA256.digest(derBytes)
        var names = AlternativeNames()
        unsafe names.read(certificate)
        dnsNames = names.dns
        ipAddresses = names.ip
        emailAddresses = names.email
        uris = names.uri
    }

    static func derBytes(of certificate: OpaquePointer) -> [UInt8] {
        let count = unsafe Int(i2d_X509(certificate, nil))
        guard count > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            var end = buffer.baseAddress
            written = unsafe Int(i2d_X509(certificate, &end))
        }
    }

    private static func text(_ name: OpaquePointer?) -> String {
        guard let name = unsafe name, let output = unsafe BIO_new(BIO_s_mem()) else { return "" }
        defer { unsafe BIO_free(output) }
        unsafe X509_NAME_print_ex(output, name, 0, ctls_name_flags)
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: BIO_ctrl_pending(output)) { buffer, count in
            count = unsafe max(0, Int(BIO_read(output, buffer.baseAddress, Int32(clamping: buffer.count))))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var calendar = unsafe tm()
        guard unsafe ASN1_TIME_to_tm(time, &calendar) == 1 else { return 0 }
        return Int64(unsafe timegm(&calendar))
    }
}

extension PeerCertificate: CustomStringConvertible {
    public var description: String { "\(subject) (SHA-256 \(fingerprint))" }
}

/// The subject alternative names of a certificate, by kind.
private struct AlternativeNames {
    var dns: [String] = []
    var ip: [String] = []
    var email: [String] = []
    var uri: [String] = []

    mutating func read(_ certificate: OpaquePointer) {
        guard let extensions = unsafe X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return }
        let names = OpaquePointer(extensions)
        defer { unsafe GENERAL_NAMES_free(names) }
        for index in 0..<max(0, unsafe OPENSSL_sk_num(names)) {
            guard let name = unsafe OPENSSL_sk_value(names, index) else { continue }
            unsafe add(name.assumingMemoryBound(to: GENERAL_NAME.self))
        }
    }

    private mutating func add(_ name: UnsafePointer<GENERAL_NAME>) {
        var kind: Int32 = -1
        guard let value = unsafe GENERAL_NAME_get0_value(name, &kind),
            kind == GEN_DNS || kind == GEN_IPADD || kind == GEN_EMAIL || kind == GEN_URI
        else { return }
        let string = unsafe value.assumingMemoryBound(to: ASN1_STRING.self)
        let bytes = unsafe UnsafeBufferPointer(
            start: ASN1_STRING_get0_data(string),
            count: Int(ASN1_STRING_length(string))
        )
        if kind == GEN_IPADD {
            if let address = unsafe Self.address(bytes) { ip.append(address) }
            return
        }
        // A NUL would end the name for software in C: such a name is nobody's.
        guard unsafe !bytes.contains(0) else { return }
        let text = unsafe String(decoding: bytes, as: UTF8.self)
        switch kind {
        case GEN_DNS: dns.append(text)
        case GEN_EMAIL: email.append(text)
        default: uri.append(text)
        }
    }

    private static func address(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            guard unsafe inet_ntop(family, bytes.baseAddress, text.baseAddress, socklen_t(text.count)) != nil else {
                return nil
            }
            return unsafe String(cString: text.baseAddress!)
        }
    }
}

/// The digest that names certificates and policies.
enum SHA256 {
    static func digest(_ bytes: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            let isDone = unsafe EVP_Digest(bytes, bytes.count, buffer.baseAddress, nil, EVP_sha256(), nil) == 1
            precondition(isDone, "OpenSSL has no SHA-256.")
            count = 32
        }
    }
}
