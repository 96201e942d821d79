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

    init() throws {
        folder = NSTemporaryDirectory() + "LWSSwift-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        try openssl(["req", "-x509"] + key + ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority"])
        for (name, extensions) in [("server", "DNS:localhost,IP:127.0.0.1"), ("client", "DNS:client.example")] {
            try openssl(
                ["req"] + key.dropLast(2) + ["-keyout", "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name)"]
            )
            try "subjectAltName=\(extensions)\n".write(
                toFile: folder + "/\(name).ext",
                atomically: true,
                encoding: .utf8
            )
            try openssl([
                "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", "\(name).pem", "-days", "2", "-extfile", "\(name).ext",
            ])
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw RawPeer.Unexpected("openssl \(arguments) failed") }
    }
}
