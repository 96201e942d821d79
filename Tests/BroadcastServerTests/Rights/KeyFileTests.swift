import Testing

@testable import broadcast_server

@Suite struct KeyFileTests {
    /// Runs `body` with the path of a file of this text.
    private func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/keys"
            let file = try Descriptor.append(to: path)
            defer { file.close() }
            try file.write(Array(text.utf8))
            return try body(path)
        }
    }

    private func fault(_ text: String, _ read: (String) throws -> Void) throws -> FileFaults.Fault {
        try withFile(text) { path in
            let faults = #expect(throws: FileFaults.self) { try read(path) }
            let fault = try #require(faults?.faults.first)
            #expect(fault.path == path)
            return fault
        }
    }

    // MARK: PEM

    @Test func `a PEM file may have several keys, each for its own algorithms`() throws {
        let keys = try withFile(SignedTokens.publicKeys) { path in try KeyFile.keys(path) }
        #expect(
            keys.map(\.algorithms) == [
                [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512], [.es256], [.es384], [.es512], [.edDSA, .ed25519],
                [.edDSA, .ed448],
            ]
        )
        #expect(keys.allSatisfy { $0.id == nil })
    }

    @Test func `text around the keys, and the line ends of Windows, do no harm`() throws {
        let text = "the key of the issuer\n\n\(SignedTokens.publicKeys)\nthat was it\n"
        #expect(try withFile(text) { path in try KeyFile.keys(path) }.count == 6)
        let windows = SignedTokens.publicKeys.split(separator: "\n").joined(separator: "\r\n")
        #expect(try withFile(windows) { path in try KeyFile.keys(path) }.count == 6)
    }

    @Test(arguments: [
        ("-----BEGIN PRIVATE KEY-----\n", 1, "private key"),
        ("\n-----BEGIN EC PRIVATE KEY-----\n", 2, "private key"),
        ("-----BEGIN CERTIFICATE-----\n", 1, "openssl x509"),
        ("-----BEGIN RSA PUBLIC KEY-----\n", 1, "openssl rsa"),
        ("-----BEGIN PGP MESSAGE-----\n", 1, "not a PUBLIC KEY"),
        ("\n\n-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", 3, "damaged"),
        ("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", 1, "damaged"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n", 1, "no end"),
        (SignedTokens.shortRSA, 1, "2048 to 8192 bits, not 1024"),
        (SignedTokens.otherCurve, 1, "P-256, P-384, P-521"),
        (SignedTokens.x25519, 1, "Ed25519"),
    ])
    func `a PEM file that cannot be used says where, and what to do`(text: String, line: Int, hint: String) throws {
        let fault = try fault(text) { path in _ = try KeyFile.keys(path) }
        #expect(fault.line == line)
        #expect(fault.explanation.contains(hint), "\(fault)")
        #expect("\(fault)".hasPrefix("\(fault.path):\(line): "))
    }

    // MARK: JSON

    private static let ec = """
        "kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
        """
    private static let secret = #""kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0i""#

    @Test func `a set may have keys of all kinds, and others are left out`() throws {
        let set = """
            {"keys":[
                {\(Self.ec),"kid":"a","use":"sig","alg":"ES256"},
                {\(Self.secret),"kid":"b"},
                {\(Self.secret),"kid":"c","alg":"HS256","key_ops":["verify"]},
                {\(Self.ec),"kid":"enc","use":"enc"},
                {\(Self.ec),"key_ops":["deriveKey"]},
                {"kty":"EC","crv":"secp256k1","x":"AAAA","y":"AAAA"},
                {"kty":"OKP","crv":"X25519","x":"AAAA"},
                {"kty":"new"},
                {\(Self.ec),"alg":"ECDH-ES"}
            ]}
            """
        let keys = try withFile(set) { path in try KeyFile.keys(path) }
        #expect(keys.map(\.id) == ["a", "b", "c"])
        #expect(keys.map(\.algorithms) == [[.es256], [.hs256, .hs384], [.hs256]])
    }

    @Test func `one key may stand alone`() throws {
        #expect(try withFile(" {\(Self.ec)}\n") { path in try KeyFile.keys(path) }.count == 1)
    }

    @Test(arguments: [
        ("{}", "not a set"), ("{\"keys\":{}}", "not a set"), ("{\"keys\":[]}", "no key"),
        ("{\"keys\":[1]}", "not a set"),
        ("{\"keys\":[{\"kty\":\"new\"}]}", "no key"), ("{\"keys\":[],\"keys\":[]}", "says something twice"),
        ("{\(ec),\"d\":\"AAAA\"}", "private key"), ("{\(ec),\"alg\":\"ES384\"}", "alg"),
        ("{\(secret),\"alg\":\"HS512\"}", "alg"), ("{\"kty\":\"oct\",\"k\":\"AAAA\"}", "at least 32 bytes"),
        ("{\"kty\":\"oct\"}", "\"k\" is missing"), ("{\"kty\":\"oct\",\"k\":\"AA==\"}", "not base64url"),
        (#"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#, "32 bytes"),
        (
            #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#
                + #""y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}"#, "none of a public key"
        ),
        (#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, "bits"),
        (SignatureTests.vectors[1].key.replacing("AQAB", with: "AQ"), "none of a public key"),
        (#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, "none of a public key"),
    ])
    func `a set that cannot be used says why`(text: String, hint: String) throws {
        let fault = try fault(text) { path in _ = try KeyFile.keys(path) }
        #expect(fault.explanation.contains(hint), "\(fault)")
    }

    @Test func `other files are none of keys`() throws {
        for text in ["", "hello\n", "[]", "\u{0}"] {
            let fault = try fault(text) { path in _ = try KeyFile.keys(path) }
            #expect(fault.explanation.contains("no public key"))
        }
        #expect(throws: FileFaults.self) { try KeyFile.keys("/nonexistent/keys") }
        #expect(throws: FileFaults.self) { try KeyFile.keys("/") }
    }

    // MARK: Secrets

    @Test(arguments: ["", "\n", "\r\n"])
    func `a secret is all that is in its file, but for a line break at the end`(end: String) throws {
        let secret = "0123456789 0123456789 0123456789"
        let key = try withFile(secret + end) { path in try KeyFile.secret(path) }
        let code = SecretKey(Array(secret.utf8)).code(of: [1], .sha256)
        #expect(key.accepts(code, of: [1], by: .hs256))
        #expect(key.algorithms == [.hs256])
    }

    @Test func `a longer secret is for further algorithms`() throws {
        let text = String(repeating: "x", count: 64)
        #expect(try withFile(text) { path in try KeyFile.secret(path) }.algorithms == [.hs256, .hs384, .hs512])
    }

    @Test(arguments: ["", "short\n", String(repeating: "x", count: 31)])
    func `a short secret is refused`(text: String) throws {
        let fault = try fault(text) { path in _ = try KeyFile.secret(path) }
        #expect(fault.explanation.contains("openssl rand"))
    }

    @Test func `a public key is no secret, not even a damaged one`() throws {
        for text in [SignedTokens.publicKeys, "----BEGIN PUBLIC KEY----\n\(SignedTokens.shortRSA)"] {
            let fault = try fault(text) { path in _ = try KeyFile.secret(path) }
            #expect(fault.explanation.contains("not as a secret"))
        }
    }

    // MARK: Choosing

    private func key(_ id: String?) throws -> VerificationKey {
        try VerificationKey(SecretKey(Array(repeating: 7, count: 32)), id: id)
    }

    @Test func `a token that names a key is verified with that one alone, or with those without a name`() throws {
        let keys = try KeySet([key("a"), key("a"), key("b"), key(nil)])
        func ids(_ id: String?) -> [String?] { keys.candidates(.hs256, id: id).map(\.id) }
        #expect(ids("a") == ["a", "a"])
        #expect(ids("b") == ["b"])
        #expect(ids("c") == [nil])
        #expect(ids(nil) == ["a", "a", "b", nil])
        #expect(keys.candidates(.hs512, id: "a").isEmpty)
        #expect(keys.candidates(.rs256, id: nil).isEmpty)
    }

    @Test func `there is a bound for how many keys there are`() throws {
        let key = try key(nil)
        _ = try KeySet(Array(repeating: key, count: KeySet.maximumCount))
        #expect(throws: FileFaults.self) {
            try KeySet(Array(repeating: key, count: KeySet.maximumCount + 1), from: ["a", "b"])
        }
    }
}
