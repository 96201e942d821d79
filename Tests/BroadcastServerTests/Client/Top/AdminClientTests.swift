import Foundation
import Glibc
import Testing

@testable import broadcast_server

@Suite struct AdminClientTests {
    @Test func `an answer is taken when it is whole`() throws {
        let text = "HTTP/1.1 404 Not Found\r\nDate: x\r\ncontent-length:  2\r\n\r\nab"
        let answer = try #require(AdminClient.parse(Array(text.utf8)))
        #expect(answer.status == 404 && answer.body == Array("ab".utf8))
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\nab", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        "SSH-2.0-x\r\n\r\n", "HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n",
    ])
    func `anything else is none`(text: String) {
        #expect(AdminClient.parse(Array(text.utf8)) == nil)
    }

    @Test func `a path that is no socket's is told`() {
        for path in ["", String(repeating: "x", count: 108)] {
            #expect { try AdminClient(path: path).ask("/config") } throws: { ($0 as? Failure)?.code == .usage }
        }
        #expect { try AdminClient(path: "/nowhere/x").ask("/config") } throws: {
            ($0 as? Failure)?.code == .unavailable
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a server that says nothing is not waited for any longer than it may take`() async throws {
        let directory = try makeTemporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/admin.sock"
        // The system takes connections in, and nobody answers them.
        let listening = try listen(at: path)
        defer { close(listening) }
        let failure = await onThread { () -> Failure? in
            do throws(Failure) {
                _ = try AdminClient(path: path, patience: 1).ask("/config")
                return nil
            } catch {
                return error
            }
        }
        #expect(failure?.code == .unavailable)
        #expect(failure?.message.contains("does not answer") == true)
    }

    private func listen(at path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = unsafe withUnsafeBytes(of: &address) {
            unsafe bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, length)
        }
        try #require(result == 0)
        try #require(Glibc.listen(descriptor, 8) == 0)
        return descriptor
    }
}
