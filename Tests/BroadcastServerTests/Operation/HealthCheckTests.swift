import LWSSwift
import Testing

@testable import broadcast_server

/// What those are told who look after the server.
@Suite(.timeLimit(.minutes(1))) struct HealthCheckTests {
    @Test func `a server that does its work says so, and each check on a line when it is asked`() async throws {
        let chat = try await LocalChat.start(threads: 2)
        let http = try HTTPPeer(port: chat.port)
        for target in ["/livez", "/readyz"] {
            let answer = try await http.get(target)
            #expect(answer.status == 200)
            #expect(answer.body == "ok\n")
        }
        #expect(try await http.get("/livez?verbose").body == "[+]loop-1 ok\n[+]loop-2 ok\nlivez check passed\n")
        #expect(try await http.get("/readyz?verbose").body == "[+]serving ok\nreadyz check passed\n")
        #expect(try await http.post("/readyz", "x").status == 405)
        await chat.end()
    }

    @Test func `one that is about to go lives, and is not ready`() async throws {
        let chat = try await LocalChat.start(threads: 1)
        let http = try HTTPPeer(port: chat.port)
        chat.service.health.beginLeaving()
        let answer = try await http.get("/readyz")
        #expect(answer.status == 503)
        #expect(answer.body == "[-]serving failed: the server is draining\nreadyz check failed\n")
        #expect(try await http.get("/livez").status == 200)
        #expect(try await http.get("/healthz").status == 200)
        await chat.end()
    }

    @Test func `one of whose loops stands still does not live`() async throws {
        let chat = try await LocalChat.start(threads: 2)
        let isHeld = Monitor(true)
        chat.loops[1].execute { isHeld.wait { $0 ? nil : () } }
        let checks = await chat.service.health.liveness
        #expect(checks.map(\.name) == ["loop-1", "loop-2"])
        #expect(checks[0].fault == nil)
        #expect(checks[1].fault != nil)
        isHeld.update { $0 = false }
        await chat.end()
    }
}
