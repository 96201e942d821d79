import Foundation
import TestSupport

/// A private certificate authority with a server's and a client's certificate, made afresh by the `openssl` command in a
/// folder that is removed with this object.
final class Certificates: Sendable {
    let folder: String

    var authority: String { folder + "/ca.pem" }
    var server: String { folder + "/server.pem" }
    var serverKey: String { folder + "/server.key" }
    var client: String { folder + "/client.pem" }
    var clientKey: String { folder + "/client.key" }
    /// A server's certificate that ended when it was made, with ``serverKey``.
    var expired: String { folder + "/expired.pem" }
    /// A server's key with the passphrase "secret".
    var encryptedKey: String { folder + "/encrypted.key" }

    init() async throws {
        folder = NSTemporaryDirectory() + "LWSSwift-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        try await run("openssl req -x509 \(key) -days 2 -keyout ca.key -out ca.pem -subj '/CN=Test authority'")
        for (name, extensions) in [("server", "DNS:localhost,IP:127.0.0.1"), ("client", "DNS:client.example")] {
            try await run("openssl req \(key) -keyout \(name).key -out \(name).csr -subj /CN=\(name)")
            try await run("echo subjectAltName=\(extensions) > \(name).ext")
            try await run(
                """
                openssl x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -out \(name).pem -days 2 \
                -extfile \(name).ext
                """
            )
        }
        // Newer commands (OpenSSL 3.5) refuse to make one that ends before it begins.
        try await run(
            "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -out expired.pem -days 0 -extfile server.ext"
        )
        try await run("openssl ec -in server.key -aes128 -passout pass:secret -out encrypted.key")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func run(_ line: String) async throws {
        guard await shell("cd '\(folder)' && \(line)") else { throw RawPeer.Unexpected("\(line) failed") }
    }
}
