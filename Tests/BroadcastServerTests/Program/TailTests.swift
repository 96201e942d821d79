import Foundation
import Glibc
import TestSupport
import Testing

@testable import broadcast_server

/// `tail` with a raw peer as its server.
@Suite(.timeLimit(.minutes(1))) struct TailTests {
    private static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 1\n\n"

    /// The next client's request, answered.
    private func accept(
        _ listener: RawListener,
        _ answer: String = Self.head
    ) async throws -> (request: String, peer: RawPeer) {
        let peer = try await listener.accept()
        let request = try await peer.readHead()
        try await peer.write(answer)
        return (request, peer)
    }

    @Test func `messages are printed one a line, for as many as asked for`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["tail", "127.0.0.1:\(listener.port)/team", "--count", "2", "--last", "2"])
        let (request, peer) = try await accept(listener)
        #expect(request.hasPrefix("GET /team?last=2 HTTP/1.1\r\n"))
        try await peer.write("id: e.1\ndata: ann: a\ndata: b\n\nevent: joined\ndata: {}\n\nid: e.2\ndata: bob: c\n\n")
        #expect(try await client.exitCode() == 0)
        #expect(client.output == "ann: a\\nb\nbob: c\n" && client.error == "")
    }

    @Test func `after a lost connection it goes on behind the last message`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["tail", listener.url, "--count", "2", "--last", "9"])
        let (_, first) = try await accept(listener)
        try await first.write("id: e.1\ndata: a\n\nid: e.2\ndata: not who")
        try await client.waitForOutput("a\n")
        await first.reset()
        try await client.waitForError("Connecting again in ")
        let (_, refused) = try await accept(listener, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")
        _ = try await refused.readToEnd()
        let (request, second) = try await accept(listener)
        #expect(request.contains("\r\nLast-Event-ID: e.1\r\n"))
        try await second.write("id: e.2\ndata: whole\n\n")
        #expect(try await client.exitCode() == 0)
        #expect(client.output == "a\nwhole\n")
        #expect(client.error.contains("Connected again."))
    }

    @Test func `a gap is told on the standard error, and printed as an object`() async throws {
        let gap = #"{"type":"gap","to":"e.41","missing":38,"reason":"expired"}"#
        for isJSON in [true, false] {
            let listener = try RawListener()
            let client = try RunningProgram(["tail", listener.url, "--count", "1"] + (isJSON ? ["--json"] : []))
            let (request, peer) = try await accept(listener)
            #expect(request.contains("form=json") == isJSON)
            try await peer.write("event: gap\ndata: \(gap)\n\ndata: {}\n\n")
            #expect(try await client.exitCode() == 0)
            #expect(client.output == (isJSON ? gap + "\n{}\n" : "{}\n"))
            #expect(client.error.contains("38 messages are missing: the server no longer has them"))
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!", 80, "404: no!"),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", 80, "text/html in place of events"),
        ("nonsense\r\n", 76, "no HTTP server"),
    ])
    func `a server without events is told at once`(answer: String, code: Int32, text: String) async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["tail", listener.url])
        let (_, peer) = try await accept(listener, answer)
        #expect(try await client.exitCode() == code)
        #expect(client.error.hasPrefix("Error: Cannot connect to \(listener.url): ") && client.error.contains(text))
        #expect(client.error.split(separator: "\n").count == 1)
        _ = peer
    }

    @Test func `a stream that ends is an error only when it is not to be followed by another`() async throws {
        let listener = try RawListener()
        let single = try RunningProgram(["tail", listener.url, "--no-reconnect"])
        try await accept(listener).peer.end()
        #expect(try await single.exitCode() == 75)
        #expect(single.error.contains("The server has ended the stream."))
        let client = try RunningProgram(["tail", listener.url])
        try await accept(listener).peer.end()
        let (_, peer) = try await accept(listener, "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(try await client.exitCode() == 0)
        _ = peer
    }

    @Test func `time, signals and silence end it with their codes`() async throws {
        let listener = try RawListener()
        let late = try RunningProgram(["tail", listener.url, "--timeout", "2s"])
        let first = try await accept(listener)
        #expect(try await late.exitCode() == 124)
        let interrupted = try RunningProgram(["tail", listener.url])
        let second = try await accept(listener, Self.head + "data: a\n\n")
        try await interrupted.waitForOutput("a\n")
        interrupted.signal(SIGINT)
        #expect(try await interrupted.exitCode() == 130)
        let silent = try RunningProgram(["tail", listener.url, "--silence", "2s", "--no-reconnect"])
        let third = try await accept(listener)
        #expect(try await silent.exitCode() == 69)
        #expect(silent.error.contains("nothing came"))
        _ = (first, second, third)
    }

    @Test func `an output that cannot be written is an error, also for the very last line`() async throws {
        for count in [[], ["--count", "1"]] {
            let listener = try RawListener()
            let client = try RunningProgram(["tail", listener.url] + count, outputTo: "/dev/full")
            let (_, peer) = try await accept(listener, Self.head + "data: a\n\n")
            #expect(try await client.exitCode() == 74)
            _ = peer
        }
    }

    @Test func `a reader that has gone ends it`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["tail", listener.url])
        let (_, peer) = try await accept(listener, Self.head + "data: a\n\n")
        try await client.waitForOutput("a\n")
        client.closeOutput()
        // The read that was under way may take one more.
        while client.isRunning, (try? await peer.write("data: b\n\n")) != nil {}
        #expect(try await client.exitCode() == 141)
    }

    @Test(arguments: [
        ["--last", "x"], ["--last", "1", "--after", "e.1"], ["--count", "0"], ["--silence", "x"], ["ftp://h"],
    ])
    func `a wrong argument is told`(arguments: [String]) async throws {
        let client = try RunningProgram(["tail"] + arguments)
        #expect(try await client.exitCode() == 64)
        #expect(client.error.hasPrefix("Error: "))
    }
}
