import Glibc
import LWSSwift
import Testing

@testable import broadcast_server

/// What the service manager is told.
@Suite(.timeLimit(.minutes(1))) struct ServiceManagerTests {
    @Test func `it is told everything in its own words`() async throws {
        let socket = try NotifySocket()
        let manager = try #require(ServiceManager(["NOTIFY_SOCKET": socket.name]))
        manager.tell(.ready, .status("Serving"))
        #expect(await socket.next() == ["READY=1", "STATUS=Serving"])
        manager.tell(.stopping, .takes(.seconds(12)))
        #expect(await socket.next() == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=12000000"])
        manager.tell(.mainProcess(42))
        #expect(await socket.next() == ["MAINPID=42"])
        manager.tell(.reloading)
        let lines = try #require(await socket.next())
        #expect(lines.first == "RELOADING=1")
        #expect(lines.last?.hasPrefix("MONOTONIC_USEC=") == true)
    }

    @Test(arguments: [[:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "relative"], ["NOTIFY_SOCKET": "@"]])
    func `without an address nobody is told`(variables: [String: String]) {
        #expect(ServiceManager(variables) == nil)
    }

    @Test func `the watchdog is for the process that it names`() throws {
        let others: [String: String] = ["NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "30000000"]
        #expect(ServiceManager(others)?.watchdogInterval == .seconds(30))
        let own = others.merging(["WATCHDOG_PID": "\(getpid())"]) { $1 }
        #expect(ServiceManager(own)?.watchdogInterval == .seconds(30))
        let foreign = others.merging(["WATCHDOG_PID": "1"]) { $1 }
        #expect(ServiceManager(foreign)?.watchdogInterval == nil)
    }

    @Test func `it hears nothing while one of the loops stands still`() async throws {
        let socket = try NotifySocket()
        let manager = try #require(ServiceManager(["NOTIFY_SOCKET": socket.name]))
        let loops = [try await ServiceLoop.start(), try await ServiceLoop.start()]
        Watchdog(manager, loops, patience: .milliseconds(400)).begin()
        for _ in 0..<2 { #expect(await socket.next() == ["WATCHDOG=1"]) }
        let (hasBegun, isHeld) = (Monitor(false), Monitor(true))
        loops[1].execute {
            hasBegun.update { $0 = true }
            isHeld.wait { $0 ? nil : () }
        }
        await onThread { hasBegun.wait { $0 ? () : nil } }
        // This loop is the one that tells: what it told before is there already.
        while await socket.next(within: .milliseconds(10)) != nil {}
        #expect(await socket.next(within: .milliseconds(800)) == nil)
        isHeld.update { $0 = false }
        #expect(await socket.next() == ["WATCHDOG=1"])
        for loop in loops { await loop.shutdown() }
    }
}
