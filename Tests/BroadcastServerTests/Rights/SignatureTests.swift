import Testing

@testable import broadcast_server

@Suite struct SignatureTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let section: String
        let algorithm: SignatureAlgorithm
        /// As JSON.
        let key: String
        let token: String

        var testDescription: String { section }

        /// What was signed, and the signature.
        var parts: (signed: [UInt8], signature: [UInt8]) {
            let parts = token.split(separator: ".").map(String.init)
            return (Array("\(parts[0]).\(parts[1])".utf8), Base64URL.decode(parts[2].utf8) ?? [])
        }
    }

    /// The examples of RFC 7515 appendix A and of RFC 8037 appendix A.4.
    static let vectors = [
        Vector(
            section: "RFC 7515 A.1",
            algorithm: .hs256,
            key: """
                {"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
                """,
            token: """
                eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly\
                9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
                """
        ),
        Vector(
            section: "RFC 7515 A.2",
            algorithm: .rs256,
            key: """
                {"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qP\
                CJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaS\
                HSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhy\
                xXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}
                """,
            token: """
                eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc1\
                9yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5Y\
                Kt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBM\
                Hlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUi\
                pUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw
                """
        ),
        Vector(
            section: "RFC 7515 A.3",
            algorithm: .es256,
            key: """
                {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\
                "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
                """,
            token: """
                eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc1\
                9yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6\
                NU1Q
                """
        ),
        Vector(
            section: "RFC 7515 A.4",
            algorithm: .es512,
            key: """
                {"kty":"EC","crv":"P-521",\
                "x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",\
                "y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}
                """,
            token: """
                eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT\
                2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukO\
                XolLzeO_Jn
                """
        ),
        Vector(
            section: "RFC 8037 A.4",
            algorithm: .edDSA,
            key: #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            token: """
                eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR\
                6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg
                """
        ),
    ]

    @Test(arguments: vectors)
    func `the examples of the standards are accepted`(vector: Vector) throws {
        let keys = try JSONWebKeySet.keys(Array(vector.key.utf8), "keys")
        let key = try #require(keys.first)
        let (signed, signature) = vector.parts
        #expect(key.accepts(signature, of: signed, by: vector.algorithm))
        for algorithm in SignatureAlgorithm.allCases where algorithm != vector.algorithm {
            // An Ed25519 key has two names for one thing.
            guard vector.algorithm != .edDSA || algorithm != .ed25519 else { continue }
            #expect(!key.accepts(signature, of: signed, by: algorithm), "\(algorithm)")
        }
    }

    @Test(arguments: vectors)
    func `no other signature is, nor the same of something else`(vector: Vector) throws {
        let key = try #require(try JSONWebKeySet.keys(Array(vector.key.utf8), "keys").first)
        let (signed, signature) = vector.parts
        #expect(!key.accepts(signature, of: signed + [0], by: vector.algorithm))
        #expect(!key.accepts(signature, of: [], by: vector.algorithm))
        #expect(!key.accepts([], of: signed, by: vector.algorithm))
        #expect(!key.accepts(signature + [0], of: signed, by: vector.algorithm))
        #expect(!key.accepts([0] + signature, of: signed, by: vector.algorithm))
        #expect(!key.accepts(signature.dropLast(), of: signed, by: vector.algorithm))
        #expect(!key.accepts(Array(repeating: 0, count: signature.count), of: signed, by: vector.algorithm))
        #expect(!key.accepts(Array(repeating: 0xFF, count: signature.count), of: signed, by: vector.algorithm))
        for index in signature.indices {
            var other = signature
            other[index] ^= 1
            #expect(!key.accepts(other, of: signed, by: vector.algorithm), "byte \(index)")
        }
    }

    @Test func `a signature by ECDSA in DER is none`() throws {
        let vector = Self.vectors[2]
        let key = try #require(try JSONWebKeySet.keys(Array(vector.key.utf8), "keys").first)
        let encoded = try #require(ECDSASignature.der(vector.parts.signature))
        #expect(encoded.first == 0x30)
        #expect(!key.accepts(encoded, of: vector.parts.signed, by: .es256))
    }

    @Test func `a signature by ECDSA has one length only`() throws {
        let vector = Self.vectors[2]
        let key = try #require(try JSONWebKeySet.keys(Array(vector.key.utf8), "keys").first)
        let (signed, signature) = vector.parts
        // The same two numbers.
        let longer = [0] + signature.prefix(32) + [0] + signature.suffix(32)
        #expect(ECDSASignature.der(longer) == ECDSASignature.der(signature))
        #expect(!key.accepts(longer, of: signed, by: .es256))
    }

    @Test(arguments: SignedTokens.byAlgorithm.map(\.token))
    func `what OpenSSL has signed is accepted, by the key that it was signed with alone`(token: String) throws {
        let keys = try PEMKeys.keys(Array(SignedTokens.publicKeys.utf8), "keys")
        #expect(keys.count == 6)
        let signed = try SignedToken(token)
        #expect(try signed.verified(with: KeySet(keys), TokenRules()).claims.subject == "ann")
        let accepting = keys.filter { (try? signed.verified(with: KeySet([$0]), TokenRules())) != nil }
        #expect(accepting.count == 1)
    }
}
