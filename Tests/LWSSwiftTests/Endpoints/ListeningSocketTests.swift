import Foundation
import Glibc
import Testing

@testable import LWSSwift

@Suite struct ListeningSocketTests {
    /// In a process of its own, and with a number that nobody else takes: the system gives the lowest.
    @Test func `a socket is closed once, however often that is asked for`() async {
        await #expect(processExitsWith: .success) {
            let number = fcntl(SystemSocket.open(family: AF_UNIX), F_DUPFD_CLOEXEC, 500)
            let socket = ListeningSocket(owning: number, at: SocketAddress(unixPath: "/nowhere"))
            socket.close()
            precondition(fcntl(number, F_GETFD) < 0)
            // As another thread may.
            precondition(fcntl(SystemSocket.open(family: AF_UNIX), F_DUPFD_CLOEXEC, 500) == number)
            socket.close()
            precondition(fcntl(number, F_GETFD) >= 0)
        }
    }

    @Test func `a socket that was handed over is left to its new owner, but for its path`() throws {
        let path = NSTemporaryDirectory() + "LWSSwift-\(UUID().uuidString).sock"
        let opened = try ListeningSocket.open(.unix(path: path), backlog: 1)
        let socket = try #require(opened.first)
        socket.handOver()
        socket.close()
        #expect(fcntl(socket.descriptor, F_GETFD) >= 0)
        #expect(!FileManager.default.fileExists(atPath: path))
        close(socket.descriptor)
    }

    @Test func `a path that another server listens at is refused and stays`() throws {
        let path = NSTemporaryDirectory() + "LWSSwift-\(UUID().uuidString).sock"
        let first = try ListeningSocket.open(.unix(path: path), backlog: 1)
        #expect {
            _ = try ListeningSocket.open(.unix(path: path), backlog: 1)
        } throws: {
            ($0 as? WebSocketError)?.code == .addressInUse
        }
        #expect(FileManager.default.fileExists(atPath: path))
        for socket in first { socket.close() }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
